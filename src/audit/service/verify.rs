//! Walks a chain from its first row to its head and tells the first thing that is wrong.

use crate::audit::chain;
use crate::audit::store::chain as store;
use crate::error::Result;
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{AuditId, SiteId};
use crate::kernel::secret::RootKeys;
use crate::platform::db::Db;

/// Rows held in memory at a time.
const BATCH: i64 = 500;

/// A chain without a fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whole {
    /// Rows walked.
    pub rows: i64,
    /// Rows whose personal values, the actor's or others', were erased.
    pub erased: i64,
    /// The head's hash: kept elsewhere, it shows a chain or a database that was set back.
    pub head: Vec<u8>,
}

/// The first fault of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The row's place in the chain.
    pub seq: i64,
    /// The row, where there is one.
    pub row: Option<AuditId>,
    /// When it says it was written.
    pub at: Option<Timestamp>,
    /// What is wrong.
    pub fault: Fault,
}

/// What can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The row's fields no longer give its hash.
    #[error("this row was changed after it was written")]
    Changed,
    /// The row does not name the hash of the row before it.
    #[error("this row does not follow the one before it: rows were replaced or put in another order")]
    DoesNotFollow,
    /// The row's place is already taken.
    #[error("this place in the chain is taken twice: a row was added or moved")]
    Doubled,
    /// No row at this place.
    #[error("the row at this place is missing")]
    Missing,
    /// The personal values are not the ones recorded, and were not erased either.
    #[error("the personal values of this row were changed after it was written")]
    PersonChanged,
    /// The head points beyond the last row.
    #[error("the chain ends before its head: this row and all after it are missing")]
    Truncated,
    /// Rows beyond the head, or a head with another hash.
    #[error("the head does not fit the last row: it was set back or replaced")]
    HeadMoved,
    /// Rows but no head.
    #[error("the chain has rows but no head")]
    HeadMissing,
    /// Neither rows nor a head where there must be some.
    #[error("the whole chain is missing, its head too")]
    Gone,
    /// The first row is not the one every chain begins with.
    #[error("the chain does not begin where it must: it was removed with its head and begun anew")]
    BegunAnew,
    /// The head's signature.
    #[error("the head is not signed with GATEHOUSE_SECRET_KEY: it was forged, or another key is set")]
    HeadForged,
}

/// How a chain must begin.
enum Beginning {
    /// A site's: with its making.
    SiteCreated,
    /// The installation's: not later than this, which is noted elsewhere.
    By(Timestamp),
    /// The installation's before its first start: perhaps not at all.
    Open,
}

impl Beginning {
    async fn of(db: &Db, site: SiteId) -> Result<Self> {
        if site != SiteId::PLATFORM {
            return Ok(Self::SiteCreated);
        }
        let mut tx = db.site(site).await?;
        Ok(store::begun_at(&mut tx).await?.map_or(Self::Open, Self::By))
    }

    fn is(&self, first: &store::Row) -> bool {
        match self {
            Self::SiteCreated => first.action == "site.created",
            Self::By(begun_at) => first.at <= *begun_at,
            Self::Open => true,
        }
    }
}

/// Walks the chain of `site`. Constant memory; rows that are appended meanwhile are walked too.
pub async fn verify(db: &Db, keys: &RootKeys, site: SiteId) -> Result<Result<Whole, Broken>> {
    let beginning = Beginning::of(db, site).await?;
    let mut walk = Walk { seq: 0, id: uuid::Uuid::nil(), hash: chain::before_first(site).to_vec(), erased: 0 };
    loop {
        // The head first: every row it covers was committed with it or before it, so the walk must reach it.
        let mut tx = db.site(site).await?;
        let head = store::head(&mut tx, site).await?;
        loop {
            let rows = store::batch(&mut tx, site, walk.seq, walk.id, BATCH).await?;
            let last = (rows.len() as i64) < BATCH;
            for row in rows {
                let first = walk.seq == 0;
                if let Err(fault) = walk.step(keys, site, &row) {
                    return Ok(Err(fault));
                }
                if first && !beginning.is(&row) {
                    let (seq, id, at) = (row.seq, AuditId(row.id), row.at);
                    return Ok(Err(Broken { seq, row: Some(id), at: Some(at), fault: Fault::BegunAnew }));
                }
            }
            if last {
                break;
            }
        }
        let broken = |seq, fault| Ok(Err(Broken { seq, row: None, at: None, fault }));
        let now = store::head(&mut tx, site).await?;
        let Some(now) = now else {
            return match (walk.seq, beginning) {
                (0, Beginning::Open) => Ok(Ok(walk.whole())),
                (0, _) => broken(1, Fault::Gone),
                (last, _) => broken(last, Fault::HeadMissing),
            };
        };
        if !chain::head_is_ours(keys, site, now.seq, &now.hash, &now.signature) {
            return broken(now.seq, Fault::HeadForged);
        }
        if head.is_some_and(|before| before.seq > walk.seq) {
            return broken(walk.seq + 1, Fault::Truncated);
        }
        if now.seq > walk.seq {
            continue; // appended while we walked
        }
        if now.seq < walk.seq || now.hash != walk.hash {
            return broken(now.seq, Fault::HeadMoved);
        }
        return Ok(Ok(walk.whole()));
    }
}

/// How what lies beside a row stands to its digest.
#[derive(PartialEq, Eq)]
enum Beside {
    AsRecorded,
    Erased,
    Changed,
}

impl Beside {
    fn of<T>(digest: Option<&[u8]>, there: Option<&T>, matches: impl Fn(&[u8], &T) -> bool) -> Self {
        match (digest, there) {
            (None, None) => Self::AsRecorded,
            (Some(_), None) => Self::Erased,
            (Some(digest), Some(there)) if matches(digest, there) => Self::AsRecorded,
            (_, Some(_)) => Self::Changed,
        }
    }
}

/// How far the walk has come.
struct Walk {
    seq: i64,
    id: uuid::Uuid,
    hash: Vec<u8>,
    erased: i64,
}

impl Walk {
    fn step(&mut self, keys: &RootKeys, site: SiteId, row: &store::Row) -> Result<(), Broken> {
        let broken = |seq, fault| Err(Broken { seq, row: Some(AuditId(row.id)), at: Some(row.at), fault });
        if row.seq <= self.seq {
            return broken(row.seq, Fault::Doubled);
        }
        if row.seq > self.seq + 1 {
            return Err(Broken { seq: self.seq + 1, row: None, at: None, fault: Fault::Missing });
        }
        if row.link(site).hash()[..] != row.hash[..] {
            return broken(row.seq, Fault::Changed);
        }
        if row.previous_hash != self.hash {
            return broken(row.seq, Fault::DoesNotFollow);
        }
        let (personal, subject) = (row.personal(), row.subject());
        let person = Beside::of(row.personal_digest.as_deref(), personal.as_ref(), |digest, personal| {
            chain::personal_matches(keys, row.id, personal, digest)
        });
        let others = Beside::of(row.subject_digest.as_deref(), subject.as_ref(), |digest, subject| {
            chain::subject_matches(keys, row.id, subject, digest)
        });
        if person == Beside::Changed || others == Beside::Changed {
            return broken(row.seq, Fault::PersonChanged);
        }
        self.erased += i64::from(person == Beside::Erased || others == Beside::Erased);
        (self.seq, self.id, self.hash) = (row.seq, row.id, row.hash.clone());
        Ok(())
    }

    fn whole(self) -> Whole {
        Whole { rows: self.seq, erased: self.erased, head: self.hash }
    }
}

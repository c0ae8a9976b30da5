//! Argon2id behind a queue. As many hashes run at once as there are cores; a bounded number waits; beyond that the
//! caller is turned away with 503 before anything is counted against them. A quarter of the places is kept for known
//! devices, so that a flood of strangers does not shut the regulars out; and where no network's limit counts a try, since
//! somebody is signed in or at a known device, a person has two places at once, so that nobody's right passwords do.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization as _;

use crate::error::{Error, Kind, Result};
use crate::kernel::id::{CollaboratorId, DeviceId};
use crate::kernel::secret::random_bytes;

/// What a hash costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Memory in KiB.
    pub memory: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Cost {
    /// OWASP's first choice: 19 MiB, two passes, one lane.
    pub const STANDARD: Cost = Cost { memory: 19_456, passes: 2, lanes: 1 };

    /// The most a stored hash may ask for; a planted one with more is refused before it is computed.
    const MOST: Cost = Cost { memory: 128 * 1024, passes: 8, lanes: 4 };

    fn params(self) -> Result<Params> {
        Params::new(self.memory, self.passes, self.lanes, None).map_err(internal)
    }

    fn of(hash: &PasswordHash) -> Option<Cost> {
        let params = Params::try_from(hash).ok()?;
        Some(Cost { memory: params.m_cost(), passes: params.t_cost(), lanes: params.p_cost() })
    }

    fn within(self, most: Cost) -> bool {
        self.memory <= most.memory && self.passes <= most.passes && self.lanes <= most.lanes
    }
}

/// A password as typed, NFKC-normalised once. No `Debug`, no `Serialize`.
#[derive(Clone)]
pub struct Password(String);

impl Password {
    /// Longest text read at all, in bytes: 128 code points fit twice over. Nothing is cut off.
    const BYTES: usize = 1_024;

    /// Reads what was typed.
    pub fn typed(text: &str) -> Result<Self> {
        if text.len() > Self::BYTES {
            return Err(Error::new(Kind::Malformed, "A password has at most 128 characters."));
        }
        Ok(Self(text.nfkc().collect()))
    }

    /// The text. Never log it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// Whose place in the queue it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    /// Anybody: may use three quarters of the places.
    Stranger,
    /// A known device.
    Known,
}

impl Caller {
    /// By the known device that was recognised.
    pub fn of(device: Option<DeviceId>) -> Self {
        if device.is_some() { Self::Known } else { Self::Stranger }
    }
}

/// Places that one person has at once, see [`Hasher::place_of`].
const AT_ONCE: usize = 2;

/// What a comparison said.
pub enum Compared {
    /// It is the password; with a new hash if the stored one is cheaper than today's.
    Right(Option<String>),
    /// It is not.
    Wrong,
}

/// See the module. Cheap to clone.
#[derive(Clone)]
pub struct Hasher(Arc<Inner>);

struct Inner {
    cost: Cost,
    cores: Arc<Semaphore>,
    places: usize,
    taken: AtomicUsize,
    /// Memory of hashes that are done, for the next ones: one for each core at most. Else every thread that ever hashed would
    /// keep its own.
    memory: Mutex<Vec<Vec<Block>>>,
    /// How many places people have now, of [`AT_ONCE`].
    turns: Mutex<HashMap<CollaboratorId, usize>>,
    /// Compared against where there is no account, so that it costs the same.
    nobody: String,
}

/// A place in the queue; given back when dropped.
pub struct Place {
    hasher: Hasher,
    /// Whose it is, where that is counted.
    _turn: Option<Turn>,
}

/// One of a person's places; given back when dropped.
struct Turn {
    hasher: Hasher,
    who: CollaboratorId,
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut turns = self.hasher.0.turns.lock().unwrap_or_else(PoisonError::into_inner);
        match turns.get_mut(&self.who) {
            Some(taken) if *taken > 1 => *taken -= 1,
            _ => drop(turns.remove(&self.who)),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let before = self.hasher.0.taken.fetch_sub(1, Ordering::SeqCst);
        metrics::gauge!("gatehouse_hash_queue").set((before - 1) as f64);
    }
}

impl Hasher {
    /// As many places as about two seconds of work.
    pub fn new(cores: usize, cost: Cost) -> Self {
        let cores = cores.max(1);
        let params = format!("$argon2id$v=19$m={},t={},p={}", cost.memory, cost.passes, cost.lanes);
        // A salt and a digest of the right shape; nothing hashes to it.
        let nobody = format!("{params}${}${}", "A".repeat(22), "A".repeat(43));
        Self(Arc::new(Inner {
            cost,
            cores: Arc::new(Semaphore::new(cores)),
            places: 32 * cores,
            taken: AtomicUsize::new(0),
            memory: Mutex::default(),
            turns: Mutex::default(),
            nobody,
        }))
    }

    /// A place in the queue, or 503. Asked for before anything is counted.
    pub fn place(&self, caller: Caller) -> Result<Place> {
        let most = match caller {
            Caller::Stranger => self.0.places - self.0.places / 4,
            Caller::Known => self.0.places,
        };
        let took =
            self.0.taken.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |taken| (taken < most).then_some(taken + 1));
        match took {
            Ok(before) => {
                metrics::gauge!("gatehouse_hash_queue").set((before + 1) as f64);
                Ok(Place { hasher: self.clone(), _turn: None })
            }
            Err(_) => {
                metrics::counter!("gatehouse_hash_queue_full_total").increment(1);
                let detail = "Many people are signing in just now. Try again in a moment.";
                Err(Error::new(Kind::Unavailable, detail).retry_after(2))
            }
        }
    }

    /// The same for a try that no network's limit counts. Errors: 429 while the person has two.
    pub fn place_of(&self, who: CollaboratorId, caller: Caller) -> Result<Place> {
        let turn = self.turn(who)?;
        let mut place = self.place(caller)?;
        place._turn = Some(turn);
        Ok(place)
    }

    fn turn(&self, who: CollaboratorId) -> Result<Turn> {
        let mut turns = self.0.turns.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = turns.entry(who).or_default();
        if *taken >= AT_ONCE {
            let detail = "Your password is being compared already. Wait for that, then try again.";
            return Err(Error::new(Kind::TooMany, detail).retry_after(1));
        }
        *taken += 1;
        Ok(Turn { hasher: self.clone(), who })
    }

    /// Compares with a stored hash; `None` (no account, or one without a password) costs the same and is wrong.
    pub async fn compare(&self, place: Place, password: Password, stored: Option<String>) -> Result<Compared> {
        let inner = self.0.clone();
        self.run(place, move || {
            let known = stored.is_some();
            let stored = stored.unwrap_or_else(|| inner.nobody.clone());
            let Some((hash, cost)) = PasswordHash::new(&stored).ok().and_then(|h| Cost::of(&h).map(|cost| (h, cost)))
            else {
                tracing::error!("a stored password hash cannot be read");
                return Ok(Compared::Wrong);
            };
            if hash.algorithm != argon2::ARGON2ID_IDENT || !cost.within(Cost::MOST) {
                tracing::error!("a stored password hash asks for more than may be computed");
                return Ok(Compared::Wrong);
            }
            let right = inner.is_hash_of(&hash, &password).unwrap_or_else(|error| {
                tracing::error!("a stored password hash cannot be computed: {error}");
                false
            });
            if !right || !known {
                return Ok(Compared::Wrong);
            }
            let raised = !inner.cost.within(cost);
            Ok(Compared::Right(if raised { Some(inner.hash(inner.cost, &password)?) } else { None }))
        })
        .await
    }

    /// Waits as long as a comparison would for a core, and computes nothing.
    pub async fn wait(&self, place: Place) -> Result<()> {
        let core = self.0.cores.clone().acquire_owned().await.map_err(Error::internal)?;
        drop((core, place));
        Ok(())
    }

    /// A new hash to store.
    pub async fn hash(&self, place: Place, password: Password) -> Result<String> {
        let inner = self.0.clone();
        self.run(place, move || inner.hash(inner.cost, &password)).await
    }

    /// Waits for a core and works on a blocking thread, which keeps core and place even if the caller has gone.
    async fn run<T: Send + 'static>(
        &self,
        place: Place,
        work: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let core = self.0.cores.clone().acquire_owned().await.map_err(Error::internal)?;
        let span = tracing::Span::current();
        metrics::counter!("gatehouse_password_hashes_total").increment(1);
        let done = tokio::task::spawn_blocking(move || {
            let done = span.in_scope(work);
            drop((core, place));
            done
        });
        done.await.map_err(Error::internal)?
    }
}

impl Inner {
    fn is_hash_of(&self, hash: &PasswordHash, password: &Password) -> Result<bool> {
        let (Some(salt), Some(expected)) = (&hash.salt, &hash.hash) else { return Ok(false) };
        let params = Params::try_from(hash).map_err(internal)?;
        let version = hash.version.map_or(Ok(Version::default()), Version::try_from).map_err(internal)?;
        // Compared in constant time.
        Ok(self.compute(version, params, password, salt)? == *expected)
    }

    fn hash(&self, cost: Cost, password: &Password) -> Result<String> {
        let (version, params) = (Version::V0x13, cost.params()?);
        let salt = Salt::new(&random_bytes::<16>()).map_err(internal)?;
        let hash = PasswordHash {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(version.into()),
            params: ParamsString::try_from(&params).map_err(internal)?,
            salt: Some(salt),
            hash: Some(self.compute(version, params, password, &salt)?),
        };
        Ok(hash.to_string())
    }

    fn compute(&self, version: Version, params: Params, password: &Password, salt: &[u8]) -> Result<Output> {
        let blocks = params.block_count();
        let mut out = vec![0; params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN)];
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
        memory.resize(blocks, Block::default());
        Argon2::new(Algorithm::Argon2id, version, params)
            .hash_password_into_with_memory(password.0.as_bytes(), salt, &mut out, &mut memory)
            .map_err(internal)?;
        // A hash that asked for more than ours do was a rare one.
        if blocks <= self.cost.params()?.block_count() {
            self.memory.lock().unwrap_or_else(PoisonError::into_inner).push(memory);
        }
        Output::new(&out).map_err(internal)
    }
}

fn internal(error: impl std::fmt::Display) -> Error {
    Error::internal(anyhow::anyhow!("argon2: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use argon2::{PasswordHasher as _, PasswordVerifier as _};
    use chrono::DateTime;

    const CHEAP: Cost = Cost { memory: 64, passes: 1, lanes: 1 };

    fn typed(text: &str) -> Password {
        Password::typed(text).unwrap()
    }

    async fn compare(hasher: &Hasher, text: &str, stored: &str) -> Compared {
        hasher.compare(hasher.place(Caller::Known).unwrap(), typed(text), Some(stored.to_owned())).await.unwrap()
    }

    #[tokio::test]
    async fn the_standard_hash_says_what_it_cost_and_opens_for_both_spellings() {
        let hasher = Hasher::new(1, Cost::STANDARD);
        let stored =
            hasher.hash(hasher.place(Caller::Known).unwrap(), typed("caf\u{e9} under the pier")).await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(matches!(compare(&hasher, "cafe\u{301} under the pier", &stored).await, Compared::Right(None)));
        assert!(
            matches!(compare(&hasher, " caf\u{e9} under the pier", &stored).await, Compared::Wrong),
            "a leading space matters"
        );
    }

    #[tokio::test]
    async fn passwords_that_differ_late_differ() {
        let hasher = Hasher::new(1, CHEAP);
        let stored =
            hasher.hash(hasher.place(Caller::Known).unwrap(), typed(&format!("{}a", "x".repeat(127)))).await.unwrap();
        assert!(matches!(compare(&hasher, &format!("{}b", "x".repeat(127)), &stored).await, Compared::Wrong));
        assert!(Password::typed(&"x".repeat(1_025)).is_err());
    }

    #[tokio::test]
    async fn a_raised_cost_gives_a_new_hash() {
        let (old, new) = (Hasher::new(1, CHEAP), Hasher::new(1, Cost { memory: 128, ..CHEAP }));
        let stored = old.hash(old.place(Caller::Known).unwrap(), typed("quiet lemons")).await.unwrap();
        let Compared::Right(Some(raised)) = compare(&new, "quiet lemons", &stored).await else { panic!("no new hash") };
        assert!(raised.contains("m=128"), "{raised}");
        assert!(matches!(compare(&new, "quiet lemons", &raised).await, Compared::Right(None)));
    }

    #[tokio::test]
    async fn a_planted_hash_that_asks_for_more_than_may_be_computed_is_not_computed() {
        let hasher = Hasher::new(1, CHEAP);
        // The right password: only a hash that is never computed calls it wrong.
        for cost in [
            Cost { memory: Cost::MOST.memory + 1, passes: 1, lanes: 1 },
            Cost { passes: Cost::MOST.passes + 1, ..CHEAP },
            Cost { lanes: Cost::MOST.lanes + 1, ..CHEAP },
        ] {
            let planted = hasher.0.hash(cost, &typed("x")).unwrap();
            assert!(matches!(compare(&hasher, "x", &planted).await, Compared::Wrong), "{planted}");
        }
        let unknown = hasher.0.hash(CHEAP, &typed("x")).unwrap().replace("v=19", "v=99");
        for unreadable in ["not a hash", &unknown] {
            assert!(matches!(compare(&hasher, "x", unreadable).await, Compared::Wrong), "{unreadable}");
        }
    }

    #[tokio::test]
    async fn memory_that_another_password_used_changes_nothing() {
        let hasher = Hasher::new(1, CHEAP);
        let library = Argon2::new(Algorithm::Argon2id, Version::V0x13, CHEAP.params().unwrap());
        let stored = library.hash_password_with_salt(b"quiet lemons", b"sixteen byte salt").unwrap().to_string();
        for _ in 0..3 {
            assert!(matches!(compare(&hasher, "loud lemons", &stored).await, Compared::Wrong));
            assert!(matches!(compare(&hasher, "quiet lemons", &stored).await, Compared::Right(None)));
            let ours = hasher.hash(hasher.place(Caller::Known).unwrap(), typed("quiet lemons")).await.unwrap();
            library.verify_password(b"quiet lemons", &PasswordHash::new(&ours).unwrap()).unwrap();
        }
        let kept: Vec<usize> = hasher.0.memory.lock().unwrap().iter().map(Vec::len).collect();
        assert_eq!(kept, [64], "one is enough for one at a time");
    }

    #[tokio::test]
    async fn nobody_has_no_password() {
        let hasher = Hasher::new(1, CHEAP);
        let answer = hasher.compare(hasher.place(Caller::Stranger).unwrap(), typed("x"), None).await.unwrap();
        assert!(matches!(answer, Compared::Wrong));
    }

    #[test]
    fn a_quarter_of_the_places_is_kept_for_known_devices() {
        let hasher = Hasher::new(1, CHEAP);
        let strangers: Vec<_> = std::iter::from_fn(|| hasher.place(Caller::Stranger).ok()).collect();
        assert_eq!(strangers.len(), 24);
        let known: Vec<_> = std::iter::from_fn(|| hasher.place(Caller::Known).ok()).collect();
        assert_eq!(known.len(), 8);
        drop(strangers);
        assert!(hasher.place(Caller::Stranger).is_ok());
    }

    #[test]
    fn a_person_has_two_places_at_once_and_others_have_theirs() {
        let hasher = Hasher::new(1, CHEAP);
        let (ann, bob) = (CollaboratorId::new(DateTime::UNIX_EPOCH), CollaboratorId::new(DateTime::UNIX_EPOCH));
        let mut hers: Vec<_> = (0..2).map(|_| hasher.place_of(ann, Caller::Known).unwrap()).collect();
        assert!(hasher.place_of(ann, Caller::Known).is_err());
        assert!(hasher.place_of(bob, Caller::Known).is_ok());
        hers.pop();
        hers.push(hasher.place_of(ann, Caller::Stranger).unwrap());
        assert!(hasher.place_of(ann, Caller::Stranger).is_err());
        drop(hers);
        // A full queue takes nobody's turn away.
        let all: Vec<_> = std::iter::from_fn(|| hasher.place(Caller::Known).ok()).collect();
        assert!(
            (0..3).all(|_| hasher.place_of(ann, Caller::Known).is_err_and(|error| error.kind == Kind::Unavailable))
        );
        drop(all);
        assert!(hasher.place_of(ann, Caller::Known).is_ok());
        assert!(hasher.0.turns.lock().unwrap().is_empty());
    }
}

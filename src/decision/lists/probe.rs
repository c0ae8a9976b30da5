//! What a decision asks of the lists, and what they answer.

use ipnet::IpNet;
use serde::Serialize;

use crate::decision::lists::field::Field;
use crate::decision::lists::list::ListKind;
use crate::decision::lists::normalise::{self, Digest, normalise};
use crate::decision::verdict::Mode;
use crate::kernel::id::{EntryId, ListId};
use crate::kernel::ip::ClientAddress;

/// The values of one attempt by field, each as the digests under which an entry may hold it.
///
/// A value that the field could never hold (a country of three letters) matches nothing and is left out.
#[derive(Debug, Clone, Default)]
pub struct Probe {
    digests: Vec<Digest>,
}

impl Probe {
    /// An attempt of which nothing is known.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a value as the attempt carries it. For the address use [`Probe::address`].
    pub fn with(mut self, field: Field, value: &str) -> Self {
        if let Ok(value) = normalise(field, value) {
            self.digests.push(value.digest(field));
            // An entry with the first six digits holds every card whose first eight begin so.
            if field == Field::Bin && value.as_str().len() == 8 {
                self.digests.push(normalise::digest(field, &value.as_str()[..6]));
            }
        }
        self
    }

    /// Adds the address and every range that holds it. An unknown address is on no list.
    pub fn address(self, address: ClientAddress) -> Self {
        match address.ip() {
            Some(ip) => self.range(IpNet::from(ip)),
            None => self,
        }
    }

    /// Adds the range and every wider one that holds it.
    pub fn range(mut self, range: IpNet) -> Self {
        let held_by = (0..=range.prefix_len()).filter_map(|length| IpNet::new(range.addr(), length).ok());
        self.digests.extend(held_by.map(|held| normalise::digest(Field::Ip, &normalise::written(held.trunc()))));
        self
    }

    /// The keys to look for.
    pub fn digests(&self) -> &[Digest] {
        &self.digests
    }
}

/// An entry that an attempt matched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListMatch {
    /// The list.
    pub list_id: ListId,
    /// Its name at that moment.
    pub list_name: String,
    /// What the match does.
    pub kind: ListKind,
    /// Whether the list acts or only records.
    pub mode: Mode,
    /// The entry.
    pub entry_id: EntryId,
    /// Its name.
    pub entry_name: String,
    /// The fields that matched: all that the entry names.
    pub fields: Vec<Field>,
    /// Allow lists: whether risk assessment is switched off too.
    pub also_risk_assessment: bool,
    /// Allow lists: whether challenge lists are switched off too.
    pub also_challenge_list: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_looked_for_in_every_range_that_holds_it() {
        let probe = Probe::new().address(ClientAddress::parse("203.0.113.77"));
        assert_eq!(probe.digests().len(), 33);
        for entry in ["203.0.113.77", "203.0.113.64/27", "203.0.113.0/24", "0.0.0.0/0"] {
            assert!(probe.digests().contains(&normalise(Field::Ip, entry).unwrap().digest(Field::Ip)), "{entry}");
        }
        assert!(!probe.digests().contains(&normalise(Field::Ip, "203.0.113.0/26").unwrap().digest(Field::Ip)));
        assert_eq!(Probe::new().address(ClientAddress::parse("2001:db8::1")).digests().len(), 129);
        assert!(Probe::new().address(ClientAddress::Unknown).digests().is_empty());
    }

    #[test]
    fn a_range_is_looked_for_in_every_wider_one() {
        for (range, held_by, not) in [
            ("203.0.113.0/24", ["203.0.113.0/24", "203.0.112.0/22", "0.0.0.0/0"], "203.0.113.0/25"),
            ("2001:db8:77::/48", ["2001:db8:77::/48", "2001:db8::/32", "::/0"], "2001:db8:77::/49"),
        ] {
            let probe = Probe::new().range(range.parse().unwrap());
            let has = |entry: &str| probe.digests().contains(&normalise(Field::Ip, entry).unwrap().digest(Field::Ip));
            assert!(held_by.into_iter().all(has), "{range}");
            assert!(!has(not), "{range}");
        }
    }

    #[test]
    fn eight_digits_of_a_card_match_an_entry_of_six_but_not_the_other_way() {
        let has = |probe: &Probe, bin: &str| {
            probe.digests().contains(&normalise(Field::Bin, bin).unwrap().digest(Field::Bin))
        };
        let long = Probe::new().with(Field::Bin, "41190012");
        assert!(has(&long, "411900") && has(&long, "41190012") && !has(&long, "41190013"));
        let short = Probe::new().with(Field::Bin, "411900");
        assert!(has(&short, "411900") && !has(&short, "41190012"));
    }
}

//! Brands of cards: written in several ways, counted and listed under one.

/// The one spelling of a brand: small letters and digits, its short name where it has several.
pub fn one_spelling(text: &str) -> String {
    let bare: String = text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    match bare.as_str() {
        "" => text.to_owned(),
        "mc" | "master" => "mastercard".to_owned(),
        "ax" | "americanexpress" => "amex".to_owned(),
        "dinersclub" => "diners".to_owned(),
        "cup" | "chinaunionpay" => "unionpay".to_owned(),
        _ => bare,
    }
}

#[cfg(test)]
mod tests {
    use super::one_spelling;

    #[test]
    fn every_way_to_write_a_brand_is_one() {
        for (written, brand) in [
            ("Visa", "visa"),
            ("MASTER CARD", "mastercard"),
            ("mc", "mastercard"),
            ("American Express", "amex"),
            ("Diners Club", "diners"),
            ("China UnionPay", "unionpay"),
            ("Cartes Bancaires", "cartesbancaires"),
            ("–", "–"),
        ] {
            assert_eq!(one_spelling(written), brand);
            assert_eq!(one_spelling(&one_spelling(written)), brand, "and stays so");
        }
    }
}

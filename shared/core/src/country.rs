//! Countries, as an enterprise's `countryName` names them: requirement R089.
//!
//! Source: ISO 3166-1 (alpha-2 and alpha-3 codes, English short names without the article), with
//! the few other names people write. Callers write any of them; we keep the alpha-2 code.

use serde::{Deserialize, Serialize};

/// A country of ISO 3166-1. Kept and sent as its alpha-2 code; read like [`Country::parse`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "&'static str", try_from = "String")]
pub struct Country(&'static Row);

/// The text names no country.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown country{}", hint(*suggestion))]
pub struct UnknownCountry {
    /// The name the caller may have meant, if one is near enough.
    pub suggestion: Option<&'static str>,
}

impl Country {
    /// Reads an alpha-2 code, an alpha-3 code or a name. Case, blanks around it and an English
    /// article before it do not matter; accents do, except in the names listed without.
    pub fn parse(text: &str) -> Result<Self, UnknownCountry> {
        let wanted = comparable(text);
        let found = COUNTRIES.iter().find(|row| row.answers_to(&wanted));
        found.map(Self).ok_or_else(|| UnknownCountry { suggestion: nearest(&wanted) })
    }

    /// Every country, by its two-letter code.
    pub fn all() -> impl Iterator<Item = Self> {
        COUNTRIES.iter().map(Self)
    }

    /// The two-letter code.
    #[must_use]
    pub fn alpha2(self) -> &'static str {
        self.0.alpha2
    }

    /// The English short name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.0.name
    }
}

impl From<Country> for &'static str {
    fn from(country: Country) -> Self {
        country.alpha2()
    }
}

impl TryFrom<String> for Country {
    type Error = UnknownCountry;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

/// One line of the table.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Row {
    alpha2: &'static str,
    alpha3: &'static str,
    name: &'static str,
    others: &'static [&'static str],
}

impl Row {
    fn answers_to(&self, wanted: &str) -> bool {
        let codes = [self.alpha2, self.alpha3];
        codes.into_iter().chain(self.names()).any(|own| comparable(own) == wanted)
    }

    fn names(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name).chain(self.others.iter().copied())
    }
}

/// Text as it is compared: trimmed, lower case, without an article before it.
fn comparable(text: &str) -> String {
    let lower = text.trim().to_lowercase();
    lower.strip_prefix("the ").map_or(lower.as_str(), str::trim_start).to_owned()
}

/// The name with the fewest edits from `wanted`, if that is at most one edit in three characters
/// and three in all: farther away, a suggestion is a guess. Names of a length out of that reach are
/// not even compared, so a very long text costs nothing. Codes are not suggested, because any two
/// letters are one edit from several.
fn nearest(wanted: &str) -> Option<&'static str> {
    let length = wanted.chars().count();
    let most = (length / 3).min(3);
    let names = COUNTRIES.iter().flat_map(Row::names);
    let within_reach =
        names.map(|name| (comparable(name), name)).filter(|(own, _)| own.chars().count().abs_diff(length) <= most);
    let ranked = within_reach.map(|(own, name)| (edits(wanted, &own), name));
    let (fewest, name) = ranked.min_by_key(|(edits, _)| *edits)?;
    (fewest <= most).then_some(name)
}

/// The Levenshtein distance: how many characters must be added, removed or replaced to turn one
/// text into the other. `row[n]` is the distance between what was read of `from` and the first `n`
/// characters of `to`.
fn edits(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (read, letter) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = read + 1;
        for (n, other) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *other);
            diagonal = row[n + 1];
            row[n + 1] = replaced.min(row[n] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}

fn hint(suggestion: Option<&str>) -> String {
    suggestion.map(|name| format!("; did you mean {name}?")).unwrap_or_default()
}

const fn row(alpha2: &'static str, alpha3: &'static str, name: &'static str, others: &'static [&'static str]) -> Row {
    Row { alpha2, alpha3, name, others }
}

/// ISO 3166-1 by alpha-2 code; after the short name, the other names.
#[rustfmt::skip]
static COUNTRIES: [Row; 249] = [
    row("AD", "AND", "Andorra", &[]),
    row("AE", "ARE", "United Arab Emirates", &["UAE", "Emirates"]),
    row("AF", "AFG", "Afghanistan", &[]), row("AG", "ATG", "Antigua and Barbuda", &[]),
    row("AI", "AIA", "Anguilla", &[]), row("AL", "ALB", "Albania", &[]),
    row("AM", "ARM", "Armenia", &[]), row("AO", "AGO", "Angola", &[]),
    row("AQ", "ATA", "Antarctica", &[]), row("AR", "ARG", "Argentina", &[]),
    row("AS", "ASM", "American Samoa", &[]), row("AT", "AUT", "Austria", &[]),
    row("AU", "AUS", "Australia", &[]), row("AW", "ABW", "Aruba", &[]),
    row("AX", "ALA", "Åland Islands", &["Aland Islands"]), row("AZ", "AZE", "Azerbaijan", &[]),
    row("BA", "BIH", "Bosnia and Herzegovina", &["Bosnia"]), row("BB", "BRB", "Barbados", &[]),
    row("BD", "BGD", "Bangladesh", &[]), row("BE", "BEL", "Belgium", &[]),
    row("BF", "BFA", "Burkina Faso", &[]), row("BG", "BGR", "Bulgaria", &[]),
    row("BH", "BHR", "Bahrain", &[]), row("BI", "BDI", "Burundi", &[]),
    row("BJ", "BEN", "Benin", &[]), row("BL", "BLM", "Saint Barthélemy", &["Saint Barthelemy"]),
    row("BM", "BMU", "Bermuda", &[]), row("BN", "BRN", "Brunei Darussalam", &["Brunei"]),
    row("BO", "BOL", "Bolivia (Plurinational State of)", &["Bolivia"]),
    row("BQ", "BES", "Bonaire, Sint Eustatius and Saba", &["Caribbean Netherlands"]),
    row("BR", "BRA", "Brazil", &[]), row("BS", "BHS", "Bahamas", &[]),
    row("BT", "BTN", "Bhutan", &[]), row("BV", "BVT", "Bouvet Island", &[]),
    row("BW", "BWA", "Botswana", &[]), row("BY", "BLR", "Belarus", &[]),
    row("BZ", "BLZ", "Belize", &[]), row("CA", "CAN", "Canada", &[]),
    row("CC", "CCK", "Cocos (Keeling) Islands", &["Cocos Islands", "Keeling Islands"]),
    row("CD", "COD", "Congo (Democratic Republic of the)", &[
        "DR Congo", "DRC", "Democratic Republic of the Congo", "Congo-Kinshasa",
    ]),
    row("CF", "CAF", "Central African Republic", &[]),
    row("CG", "COG", "Congo", &["Republic of the Congo", "Congo-Brazzaville"]),
    row("CH", "CHE", "Switzerland", &[]),
    row("CI", "CIV", "Côte d'Ivoire", &["Cote d'Ivoire", "Ivory Coast"]),
    row("CK", "COK", "Cook Islands", &[]), row("CL", "CHL", "Chile", &[]),
    row("CM", "CMR", "Cameroon", &[]),
    row("CN", "CHN", "China", &["People's Republic of China", "PRC"]),
    row("CO", "COL", "Colombia", &[]), row("CR", "CRI", "Costa Rica", &[]),
    row("CU", "CUB", "Cuba", &[]), row("CV", "CPV", "Cabo Verde", &["Cape Verde"]),
    row("CW", "CUW", "Curaçao", &["Curacao"]), row("CX", "CXR", "Christmas Island", &[]),
    row("CY", "CYP", "Cyprus", &[]), row("CZ", "CZE", "Czechia", &["Czech Republic"]),
    row("DE", "DEU", "Germany", &[]), row("DJ", "DJI", "Djibouti", &[]),
    row("DK", "DNK", "Denmark", &[]), row("DM", "DMA", "Dominica", &[]),
    row("DO", "DOM", "Dominican Republic", &[]), row("DZ", "DZA", "Algeria", &[]),
    row("EC", "ECU", "Ecuador", &[]), row("EE", "EST", "Estonia", &[]),
    row("EG", "EGY", "Egypt", &[]), row("EH", "ESH", "Western Sahara", &[]),
    row("ER", "ERI", "Eritrea", &[]), row("ES", "ESP", "Spain", &[]),
    row("ET", "ETH", "Ethiopia", &[]), row("FI", "FIN", "Finland", &[]),
    row("FJ", "FJI", "Fiji", &[]),
    row("FK", "FLK", "Falkland Islands (Malvinas)", &["Falkland Islands"]),
    row("FM", "FSM", "Micronesia (Federated States of)", &["Micronesia"]),
    row("FO", "FRO", "Faroe Islands", &["Faeroe Islands"]), row("FR", "FRA", "France", &[]),
    row("GA", "GAB", "Gabon", &[]),
    row("GB", "GBR", "United Kingdom of Great Britain and Northern Ireland", &[
        "United Kingdom", "UK", "Great Britain", "Britain", "England", "Scotland", "Wales",
        "Northern Ireland",
    ]),
    row("GD", "GRD", "Grenada", &[]), row("GE", "GEO", "Georgia", &[]),
    row("GF", "GUF", "French Guiana", &[]), row("GG", "GGY", "Guernsey", &[]),
    row("GH", "GHA", "Ghana", &[]), row("GI", "GIB", "Gibraltar", &[]),
    row("GL", "GRL", "Greenland", &[]), row("GM", "GMB", "Gambia", &[]),
    row("GN", "GIN", "Guinea", &[]), row("GP", "GLP", "Guadeloupe", &[]),
    row("GQ", "GNQ", "Equatorial Guinea", &[]), row("GR", "GRC", "Greece", &[]),
    row("GS", "SGS", "South Georgia and the South Sandwich Islands", &[]),
    row("GT", "GTM", "Guatemala", &[]), row("GU", "GUM", "Guam", &[]),
    row("GW", "GNB", "Guinea-Bissau", &[]), row("GY", "GUY", "Guyana", &[]),
    row("HK", "HKG", "Hong Kong", &["Hong Kong SAR"]),
    row("HM", "HMD", "Heard Island and McDonald Islands", &[]), row("HN", "HND", "Honduras", &[]),
    row("HR", "HRV", "Croatia", &[]), row("HT", "HTI", "Haiti", &[]),
    row("HU", "HUN", "Hungary", &[]), row("ID", "IDN", "Indonesia", &[]),
    row("IE", "IRL", "Ireland", &["Republic of Ireland"]), row("IL", "ISR", "Israel", &[]),
    row("IM", "IMN", "Isle of Man", &[]), row("IN", "IND", "India", &[]),
    row("IO", "IOT", "British Indian Ocean Territory", &[]), row("IQ", "IRQ", "Iraq", &[]),
    row("IR", "IRN", "Iran (Islamic Republic of)", &["Iran"]), row("IS", "ISL", "Iceland", &[]),
    row("IT", "ITA", "Italy", &[]), row("JE", "JEY", "Jersey", &[]),
    row("JM", "JAM", "Jamaica", &[]), row("JO", "JOR", "Jordan", &[]),
    row("JP", "JPN", "Japan", &[]), row("KE", "KEN", "Kenya", &[]),
    row("KG", "KGZ", "Kyrgyzstan", &[]), row("KH", "KHM", "Cambodia", &[]),
    row("KI", "KIR", "Kiribati", &[]), row("KM", "COM", "Comoros", &[]),
    row("KN", "KNA", "Saint Kitts and Nevis", &[]),
    row("KP", "PRK", "Korea (Democratic People's Republic of)", &["North Korea"]),
    row("KR", "KOR", "Korea (Republic of)", &["South Korea", "Republic of Korea"]),
    row("KW", "KWT", "Kuwait", &[]), row("KY", "CYM", "Cayman Islands", &[]),
    row("KZ", "KAZ", "Kazakhstan", &[]),
    row("LA", "LAO", "Lao People's Democratic Republic", &["Laos"]),
    row("LB", "LBN", "Lebanon", &[]), row("LC", "LCA", "Saint Lucia", &[]),
    row("LI", "LIE", "Liechtenstein", &[]), row("LK", "LKA", "Sri Lanka", &[]),
    row("LR", "LBR", "Liberia", &[]), row("LS", "LSO", "Lesotho", &[]),
    row("LT", "LTU", "Lithuania", &[]), row("LU", "LUX", "Luxembourg", &[]),
    row("LV", "LVA", "Latvia", &[]), row("LY", "LBY", "Libya", &[]),
    row("MA", "MAR", "Morocco", &[]), row("MC", "MCO", "Monaco", &[]),
    row("MD", "MDA", "Moldova (Republic of)", &["Moldova"]), row("ME", "MNE", "Montenegro", &[]),
    row("MF", "MAF", "Saint Martin (French part)", &["Saint Martin"]),
    row("MG", "MDG", "Madagascar", &[]), row("MH", "MHL", "Marshall Islands", &[]),
    row("MK", "MKD", "North Macedonia", &["Macedonia"]), row("ML", "MLI", "Mali", &[]),
    row("MM", "MMR", "Myanmar", &["Burma"]), row("MN", "MNG", "Mongolia", &[]),
    row("MO", "MAC", "Macao", &["Macau"]), row("MP", "MNP", "Northern Mariana Islands", &[]),
    row("MQ", "MTQ", "Martinique", &[]), row("MR", "MRT", "Mauritania", &[]),
    row("MS", "MSR", "Montserrat", &[]), row("MT", "MLT", "Malta", &[]),
    row("MU", "MUS", "Mauritius", &[]), row("MV", "MDV", "Maldives", &[]),
    row("MW", "MWI", "Malawi", &[]), row("MX", "MEX", "Mexico", &[]),
    row("MY", "MYS", "Malaysia", &[]), row("MZ", "MOZ", "Mozambique", &[]),
    row("NA", "NAM", "Namibia", &[]), row("NC", "NCL", "New Caledonia", &[]),
    row("NE", "NER", "Niger", &[]), row("NF", "NFK", "Norfolk Island", &[]),
    row("NG", "NGA", "Nigeria", &[]), row("NI", "NIC", "Nicaragua", &[]),
    row("NL", "NLD", "Netherlands (Kingdom of the)", &["Netherlands", "Holland"]),
    row("NO", "NOR", "Norway", &[]), row("NP", "NPL", "Nepal", &[]), row("NR", "NRU", "Nauru", &[]),
    row("NU", "NIU", "Niue", &[]), row("NZ", "NZL", "New Zealand", &[]),
    row("OM", "OMN", "Oman", &[]), row("PA", "PAN", "Panama", &[]), row("PE", "PER", "Peru", &[]),
    row("PF", "PYF", "French Polynesia", &[]), row("PG", "PNG", "Papua New Guinea", &[]),
    row("PH", "PHL", "Philippines", &[]), row("PK", "PAK", "Pakistan", &[]),
    row("PL", "POL", "Poland", &[]), row("PM", "SPM", "Saint Pierre and Miquelon", &[]),
    row("PN", "PCN", "Pitcairn", &["Pitcairn Islands"]), row("PR", "PRI", "Puerto Rico", &[]),
    row("PS", "PSE", "Palestine, State of", &["Palestine"]), row("PT", "PRT", "Portugal", &[]),
    row("PW", "PLW", "Palau", &[]), row("PY", "PRY", "Paraguay", &[]),
    row("QA", "QAT", "Qatar", &[]), row("RE", "REU", "Réunion", &["Reunion"]),
    row("RO", "ROU", "Romania", &[]), row("RS", "SRB", "Serbia", &[]),
    row("RU", "RUS", "Russian Federation", &["Russia"]), row("RW", "RWA", "Rwanda", &[]),
    row("SA", "SAU", "Saudi Arabia", &[]), row("SB", "SLB", "Solomon Islands", &[]),
    row("SC", "SYC", "Seychelles", &[]), row("SD", "SDN", "Sudan", &[]),
    row("SE", "SWE", "Sweden", &[]), row("SG", "SGP", "Singapore", &[]),
    row("SH", "SHN", "Saint Helena, Ascension and Tristan da Cunha", &["Saint Helena"]),
    row("SI", "SVN", "Slovenia", &[]), row("SJ", "SJM", "Svalbard and Jan Mayen", &[]),
    row("SK", "SVK", "Slovakia", &[]), row("SL", "SLE", "Sierra Leone", &[]),
    row("SM", "SMR", "San Marino", &[]), row("SN", "SEN", "Senegal", &[]),
    row("SO", "SOM", "Somalia", &[]), row("SR", "SUR", "Suriname", &[]),
    row("SS", "SSD", "South Sudan", &[]),
    row("ST", "STP", "Sao Tome and Principe", &["São Tomé and Príncipe"]),
    row("SV", "SLV", "El Salvador", &[]),
    row("SX", "SXM", "Sint Maarten (Dutch part)", &["Sint Maarten"]),
    row("SY", "SYR", "Syrian Arab Republic", &["Syria"]),
    row("SZ", "SWZ", "Eswatini", &["Swaziland"]), row("TC", "TCA", "Turks and Caicos Islands", &[]),
    row("TD", "TCD", "Chad", &[]), row("TF", "ATF", "French Southern Territories", &[]),
    row("TG", "TGO", "Togo", &[]), row("TH", "THA", "Thailand", &[]),
    row("TJ", "TJK", "Tajikistan", &[]), row("TK", "TKL", "Tokelau", &[]),
    row("TL", "TLS", "Timor-Leste", &["East Timor"]), row("TM", "TKM", "Turkmenistan", &[]),
    row("TN", "TUN", "Tunisia", &[]), row("TO", "TON", "Tonga", &[]),
    row("TR", "TUR", "Türkiye", &["Turkey", "Turkiye"]),
    row("TT", "TTO", "Trinidad and Tobago", &[]), row("TV", "TUV", "Tuvalu", &[]),
    row("TW", "TWN", "Taiwan (Province of China)", &["Taiwan"]),
    row("TZ", "TZA", "Tanzania (United Republic of)", &["Tanzania"]),
    row("UA", "UKR", "Ukraine", &[]), row("UG", "UGA", "Uganda", &[]),
    row("UM", "UMI", "United States Minor Outlying Islands", &[]),
    row("US", "USA", "United States of America", &["United States", "USA"]),
    row("UY", "URY", "Uruguay", &[]), row("UZ", "UZB", "Uzbekistan", &[]),
    row("VA", "VAT", "Holy See", &["Vatican City", "Vatican City State", "Vatican"]),
    row("VC", "VCT", "Saint Vincent and the Grenadines", &[]),
    row("VE", "VEN", "Venezuela (Bolivarian Republic of)", &["Venezuela"]),
    row("VG", "VGB", "Virgin Islands (British)", &["British Virgin Islands"]),
    row("VI", "VIR", "Virgin Islands (U.S.)", &["US Virgin Islands", "U.S. Virgin Islands"]),
    row("VN", "VNM", "Viet Nam", &["Vietnam"]), row("VU", "VUT", "Vanuatu", &[]),
    row("WF", "WLF", "Wallis and Futuna", &[]), row("WS", "WSM", "Samoa", &[]),
    row("YE", "YEM", "Yemen", &[]), row("YT", "MYT", "Mayotte", &[]),
    row("ZA", "ZAF", "South Africa", &[]), row("ZM", "ZMB", "Zambia", &[]),
    row("ZW", "ZWE", "Zimbabwe", &[]),
];

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::{COUNTRIES, Country, UnknownCountry, comparable};

    /// R089 a country is read by code or by any of its names, however it is written.
    #[test]
    fn a_country_answers_to_its_codes_and_names() {
        let cases = [
            ("DE", "DE"),
            ("de", "DE"),
            ("deu", "DE"),
            (" Germany\t", "DE"),
            ("USA", "US"),
            ("united states", "US"),
            ("The United States of America", "US"),
            ("UK", "GB"),
            ("GB", "GB"),
            ("South Korea", "KR"),
            ("the netherlands", "NL"),
            ("CÔTE D'IVOIRE", "CI"),
            ("Cote d'Ivoire", "CI"),
            ("Niger", "NE"),
            ("Nigeria", "NG"),
        ];
        for (text, alpha2) in cases {
            assert_eq!(Country::parse(text).map(Country::alpha2), Ok(alpha2), "{text}");
        }
        assert_eq!(Country::parse("gb").unwrap().name(), "United Kingdom of Great Britain and Northern Ireland");
    }

    /// R089 a slip of the pen is refused with the name that was meant.
    #[test]
    fn a_misspelt_country_is_refused_with_a_suggestion() {
        let cases = [
            ("Germny", "Germany"),
            ("frnace", "France"),
            ("Untied States", "United States"),
            ("South Corea", "South Korea"),
            ("Argentinia", "Argentina"),
            ("Curaçoa", "Curaçao"),
        ];
        for (text, name) in cases {
            let refusal = Country::parse(text).unwrap_err();
            assert_eq!(refusal.suggestion, Some(name), "{text}");
            assert_eq!(refusal.to_string(), format!("unknown country; did you mean {name}?"));
        }
    }

    /// R089 what is near no country is refused without a guess.
    #[test]
    fn a_text_near_no_country_is_refused_without_a_suggestion() {
        for text in [
            "",
            " ",
            "the",
            "X",
            "XX",
            "Q1",
            "Narnia",
            "Atlantis",
            "a country far away",
            "🦀🦀🦀🦀",
            &"x".repeat(100_000),
        ] {
            let refusal = UnknownCountry { suggestion: None };
            assert_eq!(Country::parse(text), Err(refusal), "{text}");
            assert_eq!(refusal.to_string(), "unknown country");
        }
    }

    /// R089 the table is sound: codes well formed and in order, and no code or name of two
    /// countries.
    #[test]
    fn no_code_or_name_means_two_countries() {
        assert!(COUNTRIES.is_sorted_by(|a, b| a.alpha2 < b.alpha2));
        let mut owners = HashMap::new();
        for row in &COUNTRIES {
            let upper = |code: &str| code.bytes().all(|byte| byte.is_ascii_uppercase());
            assert!(row.alpha2.len() == 2 && row.alpha3.len() == 3, "{row:?}");
            assert!(upper(row.alpha2) && upper(row.alpha3), "{row:?}");
            for text in [row.alpha2, row.alpha3].into_iter().chain(row.names()) {
                let owner = *owners.entry(comparable(text)).or_insert(row.alpha2);
                assert_eq!(owner, row.alpha2, "{text}");
                assert_eq!(Country::parse(text), Ok(Country(row)));
            }
        }
    }
}

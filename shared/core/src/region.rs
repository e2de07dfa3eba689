//! Where an SBC gateway stands, told from the name of its region (R156).
//!
//! `sbcGatewayRegion` is free text of the platform team: `US-East`, `us-east-1`, `West Europe`, `Germany`, `Frankfurt`. It is
//! read without case, blanks and dashes: as a name of the table, then without the number at its end, then as a country,
//! with or without a quarter of the compass. What is none of these is nowhere, and comes last in a list by distance.
//!
//! Sources: the region lists of AWS, Azure and Google Cloud, and continents as people write them. Where their names
//! meet, as with `us-east-2`, the place of one of them stands for all: regions of one name are near enough.

use crate::country::Country;
use crate::place::Place;

/// A row of the table: the names of one place.
struct Row {
    names: &'static [&'static str],
    place: Place,
}

const fn row(names: &'static [&'static str], latitude: f64, longitude: f64) -> Row {
    Row { names, place: Place::at(latitude, longitude) }
}

/// Quarters of the compass and other words that may stand beside a country.
const BESIDE: &[&str] = &[
    "central",
    "centre",
    "center",
    "east",
    "eastern",
    "north",
    "northeast",
    "northern",
    "northwest",
    "region",
    "south",
    "southeast",
    "southern",
    "southwest",
    "west",
    "western",
];

/// The place of the region of this name, if it is known.
#[must_use]
pub fn place(name: &str) -> Option<Place> {
    let words: Vec<String> = name.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase).collect();
    let whole = words.concat();
    let unnumbered = whole.trim_end_matches(|c: char| c.is_ascii_digit());
    listed(&whole).or_else(|| listed(unnumbered)).or_else(|| country(name)).or_else(|| {
        let beside = |word: &&String| BESIDE.contains(&word.as_str()) || word.bytes().all(|b| b.is_ascii_digit());
        let left: Vec<&str> = words.iter().filter(|word| !beside(word)).map(String::as_str).collect();
        listed(&left.concat()).or_else(|| country(&left.join(" ")))
    })
}

fn listed(name: &str) -> Option<Place> {
    TABLE.iter().find(|row| row.names.contains(&name)).map(|row| row.place)
}

fn country(name: &str) -> Option<Place> {
    Country::parse(name).ok().and_then(Place::of)
}

/// Region, city and continent names, in lower case without blanks and dashes.
#[rustfmt::skip]
const TABLE: &[Row] = &[
    row(&["useast", "useast1", "northernvirginia", "nvirginia", "virginia", "ashburn", "eastus", "eastus1", "eastus2", "northamericaeast", "naeast", "usnortheast", "useast4", "newyork", "nyc"], 39.0, -77.0),
    row(&["useast2", "ohio", "columbus", "useast5"], 40.0, -83.0),
    row(&["uscentral", "uscentral1", "centralus", "iowa", "northamericacentral", "nacentral"], 42.0, -94.0),
    row(&["northcentralus", "usnorthcentral", "chicago", "illinois", "usmidwest"], 42.0, -88.0),
    row(&["southcentralus", "ussouth", "ussouthcentral", "ussouth1", "texas", "dallas", "sanantonio"], 31.0, -97.0),
    row(&["ussoutheast", "southeastus", "southcarolina", "useast3", "atlanta", "georgiaus"], 34.0, -82.0),
    row(&["miami", "florida"], 26.0, -80.0),
    row(&["westcentralus", "uswestcentral", "wyoming"], 41.0, -105.0),
    row(&["denver", "colorado", "usmountain"], 40.0, -105.0),
    row(&["uswest", "westus", "northamericawest", "nawest", "uswest1", "westus1", "northerncalifornia", "ncalifornia", "california", "sanfrancisco", "sanjose", "siliconvalley", "losangeles"], 37.0, -121.0),
    row(&["uswest2", "oregon", "uswestoregon"], 46.0, -120.0),
    row(&["westus2", "washington", "seattle", "quincy", "usnorthwest"], 47.0, -120.0),
    row(&["westus3", "arizona", "phoenix"], 33.0, -112.0),
    row(&["uswest3", "utah", "saltlakecity"], 41.0, -112.0),
    row(&["uswest4", "nevada", "lasvegas"], 36.0, -115.0),
    row(&["usgoveast", "usgoveast1", "usgovvirginia"], 39.0, -77.0),
    row(&["usgovwest", "usgovwest1", "usgovtexas", "usgovarizona"], 34.0, -112.0),
    row(&["canadacentral", "caecentral", "cacentral", "cacentral1", "canadaeast", "caeast", "toronto", "montreal", "quebec", "northamericanortheast", "northamericanortheast1", "northamericanortheast2"], 45.0, -75.0),
    row(&["canadawest", "cawest", "cawest1", "calgary", "vancouver"], 51.0, -114.0),
    row(&["northamerica", "americas", "amer", "noram", "us", "usa"], 39.0, -95.0),
    row(&["mexicocentral", "mxcentral", "mxcentral1", "northamericasouth", "northamericasouth1", "queretaro"], 21.0, -100.0),
    row(&["saeast", "saeast1", "brazilsouth", "southamericaeast", "southamericaeast1", "saopaulo", "southamerica", "latam", "latinamerica", "southbrazil"], -23.0, -46.0),
    row(&["brazilsoutheast", "rio", "riodejaneiro"], -23.0, -43.0),
    row(&["southamericawest", "southamericawest1", "chilecentral", "santiago"], -33.0, -71.0),
    row(&["euwest", "euwest1", "europewest", "northeurope", "eunorthwest", "ireland", "dublin"], 53.0, -6.0),
    row(&["euwest2", "uksouth", "london", "ukeast", "europewest2"], 52.0, 0.0),
    row(&["ukwest", "cardiff", "wales"], 52.0, -3.0),
    row(&["euwest3", "francecentral", "paris", "europewest9"], 49.0, 2.0),
    row(&["francesouth", "marseille"], 43.0, 5.0),
    row(&["westeurope", "europewest4", "amsterdam", "netherlands", "nlwest", "eunorth4"], 52.0, 5.0),
    row(&["europewest1", "belgium", "brussels"], 50.0, 4.0),
    row(&["eucentral", "eucentral1", "europecentral", "germanywestcentral", "frankfurt", "germanycentral", "decentral", "europewest3", "centraleurope"], 50.0, 9.0),
    row(&["germanynorth", "berlin", "europewest10"], 53.0, 13.0),
    row(&["eucentral2", "switzerlandnorth", "zurich", "europewest6"], 47.0, 9.0),
    row(&["switzerlandwest", "geneva"], 46.0, 6.0),
    row(&["eunorth", "eunorth1", "europenorth", "swedencentral", "stockholm", "swedensouth", "nordics", "scandinavia"], 59.0, 18.0),
    row(&["europenorth1", "finland", "helsinki", "hamina"], 60.0, 27.0),
    row(&["norwayeast", "oslo", "norwaywest"], 60.0, 11.0),
    row(&["denmarkeast", "copenhagen"], 56.0, 12.0),
    row(&["eusouth", "eusouth1", "europesouth", "italynorth", "milan", "europewest8", "southeurope"], 45.0, 9.0),
    row(&["eusouth2", "spaincentral", "madrid", "europesouthwest1", "europesouthwest"], 40.0, -4.0),
    row(&["europewest12", "turin"], 45.0, 8.0),
    row(&["polandcentral", "warsaw", "europecentral2", "europeeast", "easteurope", "eueast"], 52.0, 21.0),
    row(&["austriaeast", "vienna"], 48.0, 16.0),
    row(&["europe", "eu", "emea"], 50.0, 9.0),
    row(&["mesouth", "mesouth1", "bahrain"], 26.0, 51.0),
    row(&["mecentral", "mecentral1", "uaenorth", "dubai", "middleeast", "mideast", "uaecentral", "abudhabi"], 25.0, 55.0),
    row(&["mecentral2", "dammam"], 26.0, 50.0),
    row(&["qatarcentral", "doha", "mewest1"], 25.0, 51.0),
    row(&["ilcentral", "ilcentral1", "israelcentral", "telaviv"], 32.0, 35.0),
    row(&["afsouth", "afsouth1", "southafricanorth", "africasouth", "africasouth1", "johannesburg", "africa"], -26.0, 28.0),
    row(&["southafricawest", "capetown"], -34.0, 18.0),
    row(&["apsouth", "apsouth1", "mumbai", "westindia", "indiawest", "asiasouth", "asiasouth1", "india", "apindia"], 19.0, 73.0),
    row(&["apsouth2", "southindia", "indiasouth", "hyderabad", "chennai"], 15.0, 79.0),
    row(&["centralindia", "indiacentral", "pune", "jioindiacentral"], 19.0, 74.0),
    row(&["asiasouth2", "delhi", "newdelhi"], 29.0, 77.0),
    row(&["apsoutheast", "apsoutheast1", "southeastasia", "singapore", "asiasoutheast", "asiasoutheast1", "apac", "asiapacific", "asia"], 1.0, 104.0),
    row(&["apsoutheast2", "australiaeast", "sydney", "australiasoutheast1", "australia", "oceania", "anz"], -34.0, 151.0),
    row(&["apsoutheast3", "jakarta", "indonesiacentral", "asiasoutheast2", "indonesia"], -6.0, 107.0),
    row(&["apsoutheast4", "australiasoutheast", "melbourne", "australiasoutheast2"], -38.0, 145.0),
    row(&["australiacentral", "australiacentral2", "canberra"], -35.0, 149.0),
    row(&["apsoutheast5", "malaysiawest", "kualalumpur", "malaysia"], 3.0, 102.0),
    row(&["apsoutheast6", "newzealandnorth", "auckland"], -37.0, 175.0),
    row(&["apsoutheast7", "thailandcentral", "bangkok", "thailand"], 14.0, 101.0),
    row(&["perth", "australiawest"], -32.0, 116.0),
    row(&["apeast", "apeast1", "eastasia", "hongkong", "asiaeast2"], 22.0, 114.0),
    row(&["asiaeast", "asiaeast1", "taiwan", "taiwannorth", "taipei", "apeast2"], 25.0, 121.0),
    row(&["apnortheast", "apnortheast1", "japaneast", "tokyo", "asianortheast", "asianortheast1", "japan"], 36.0, 140.0),
    row(&["apnortheast3", "japanwest", "osaka", "asianortheast2"], 35.0, 135.0),
    row(&["apnortheast2", "koreacentral", "seoul", "asianortheast3", "korea", "koreasouth"], 37.0, 127.0),
    row(&["cnnorth", "cnnorth1", "chinanorth", "chinanorth2", "chinanorth3", "beijing"], 40.0, 116.0),
    row(&["cnnorthwest", "cnnorthwest1", "ningxia"], 37.0, 106.0),
    row(&["chinaeast", "chinaeast2", "chinaeast3", "shanghai", "china"], 31.0, 121.0),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn nearest<'a>(country: &str, regions: &[&'a str]) -> &'a str {
        let home = Place::of(Country::parse(country).unwrap()).unwrap();
        let distance = |region: &&&str| place(region).unwrap_or_else(|| panic!("{region}")).distance(home);
        regions.iter().min_by(|a, b| distance(a).total_cmp(&distance(b))).unwrap()
    }

    #[test]
    fn no_name_means_two_places() {
        let mut names: Vec<&str> = TABLE.iter().flat_map(|row| row.names).copied().collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        assert!(names.iter().all(|name| name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())));
    }

    /// R156 A region is read in the spellings of the clouds, and as people write it.
    #[test]
    fn spellings_of_one_region_are_one_place() {
        for spellings in [
            &["US-East", "us-east-1", "eastus", "East US", "N. Virginia", "us east"][..],
            &["EU-Central", "eu-central-1", "Germany West Central", "Frankfurt", "europe-west3"],
            &["AP-Southeast-2", "australiaeast", "Sydney"],
            &["UK South", "eu-west-2", "London"],
        ] {
            for spelling in spellings {
                assert_eq!(place(spelling), place(spellings[0]), "{spelling}");
            }
        }
        for country in ["Portugal", "PT", "Portugal North", "portugal-west-1", "PRT"] {
            assert_eq!(place(country), place("Portugal"), "{country}");
        }
        for nowhere in ["", "-", "Atlantis", "north", "Region 1", "sbc-7", "12"] {
            assert_eq!(place(nowhere), None, "{nowhere:?}");
        }
    }

    /// R156 The nearest region is the one that a map shows.
    #[test]
    fn the_nearest_region_is_near() {
        let regions = ["US-East", "US-West", "EU-West", "EU-Central", "AP-Southeast-1", "ap-southeast-2", "SA-East"];
        for (country, region) in [
            ("Germany", "EU-Central"),
            ("Ireland", "EU-West"),
            ("US", "US-East"),
            ("Brazil", "SA-East"),
            ("New Zealand", "ap-southeast-2"),
            ("India", "AP-Southeast-1"),
            ("Poland", "EU-Central"),
        ] {
            assert_eq!(nearest(country, &regions), region, "{country}");
        }
        assert_eq!(nearest("France", &["US-East", "EU-West"]), "EU-West");
        assert_eq!(nearest("Fiji", &["us-west-2", "australiaeast"]), "australiaeast");
    }
}

//! Places on the globe, near enough to tell which of two is nearer (R156).

use crate::country::Country;

/// A place, in degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// North of the equator.
    pub latitude: f64,
    /// East of Greenwich.
    pub longitude: f64,
}

/// The mean radius of the earth, in kilometres.
const EARTH: f64 = 6_371.0;

impl Place {
    /// Where most of a country's people are, or its middle: to a degree.
    #[must_use]
    pub fn of(country: Country) -> Option<Self> {
        let found = COUNTRIES.iter().find(|(alpha2, ..)| *alpha2 == country.alpha2());
        found.map(|(_, latitude, longitude)| Self::at(f64::from(*latitude), f64::from(*longitude)))
    }

    pub(crate) const fn at(latitude: f64, longitude: f64) -> Self {
        Self { latitude, longitude }
    }

    /// The way to `other` over the ground, in kilometres (haversine).
    #[must_use]
    pub fn distance(self, other: Self) -> f64 {
        let half = |from: f64, to: f64| ((to - from).to_radians() / 2.0).sin().powi(2);
        let parallels = self.latitude.to_radians().cos() * other.latitude.to_radians().cos();
        let chord = half(self.latitude, other.latitude) + parallels * half(self.longitude, other.longitude);
        2.0 * EARTH * chord.sqrt().min(1.0).asin()
    }
}

/// Latitude and longitude of each country of ISO 3166-1.
#[rustfmt::skip]
const COUNTRIES: &[(&str, i16, i16)] = &[
    ("AD", 42, 2), ("AE", 25, 55), ("AF", 34, 69), ("AG", 17, -62), ("AI", 18, -63), ("AL", 41, 20), ("AM", 40, 44),
    ("AO", -9, 13), ("AQ", -78, 167), ("AR", -35, -58), ("AS", -14, -171), ("AT", 48, 16), ("AU", -34, 149),
    ("AW", 12, -70), ("AX", 60, 20), ("AZ", 40, 50), ("BA", 44, 18), ("BB", 13, -60), ("BD", 24, 90), ("BE", 51, 4),
    ("BF", 12, -2), ("BG", 43, 23), ("BH", 26, 51), ("BI", -3, 29), ("BJ", 6, 2), ("BL", 18, -63), ("BM", 32, -65),
    ("BN", 5, 115), ("BO", -16, -68), ("BQ", 12, -68), ("BR", -23, -46), ("BS", 25, -77), ("BT", 27, 90),
    ("BV", -54, 3), ("BW", -25, 26), ("BY", 54, 28), ("BZ", 17, -88), ("CA", 44, -79), ("CC", -12, 97),
    ("CD", -4, 15), ("CF", 4, 19), ("CG", -4, 15), ("CH", 47, 8), ("CI", 5, -4), ("CK", -21, -160), ("CL", -33, -71),
    ("CM", 4, 11), ("CN", 32, 114), ("CO", 5, -74), ("CR", 10, -84), ("CU", 23, -82), ("CV", 15, -24),
    ("CW", 12, -69), ("CX", -10, 106), ("CY", 35, 33), ("CZ", 50, 14), ("DE", 51, 9), ("DJ", 12, 43), ("DK", 56, 12),
    ("DM", 15, -61), ("DO", 18, -70), ("DZ", 37, 3), ("EC", -1, -79), ("EE", 59, 25), ("EG", 30, 31), ("EH", 27, -13),
    ("ER", 15, 39), ("ES", 40, -4), ("ET", 9, 39), ("FI", 60, 25), ("FJ", -18, 178), ("FK", -52, -58), ("FM", 7, 158),
    ("FO", 62, -7), ("FR", 48, 2), ("GA", 0, 9), ("GB", 52, -1), ("GD", 12, -62), ("GE", 42, 45), ("GF", 5, -52),
    ("GG", 49, -3), ("GH", 6, 0), ("GI", 36, -5), ("GL", 64, -52), ("GM", 13, -17), ("GN", 10, -14), ("GP", 16, -62),
    ("GQ", 4, 9), ("GR", 38, 24), ("GS", -54, -37), ("GT", 15, -91), ("GU", 13, 145), ("GW", 12, -16), ("GY", 7, -58),
    ("HK", 22, 114), ("HM", -53, 74), ("HN", 14, -87), ("HR", 46, 16), ("HT", 19, -72), ("HU", 47, 19),
    ("ID", -6, 107), ("IE", 53, -6), ("IL", 32, 35), ("IM", 54, -5), ("IN", 22, 79), ("IO", -7, 72), ("IQ", 33, 44),
    ("IR", 36, 51), ("IS", 64, -22), ("IT", 43, 12), ("JE", 49, -2), ("JM", 18, -77), ("JO", 32, 36), ("JP", 36, 139),
    ("KE", -1, 37), ("KG", 43, 75), ("KH", 12, 105), ("KI", 1, 173), ("KM", -12, 43), ("KN", 17, -63),
    ("KP", 39, 126), ("KR", 37, 127), ("KW", 29, 48), ("KY", 19, -81), ("KZ", 43, 77), ("LA", 18, 103),
    ("LB", 34, 36), ("LC", 14, -61), ("LI", 47, 10), ("LK", 7, 80), ("LR", 6, -11), ("LS", -29, 27), ("LT", 55, 25),
    ("LU", 50, 6), ("LV", 57, 24), ("LY", 33, 13), ("MA", 34, -7), ("MC", 44, 7), ("MD", 47, 29), ("ME", 42, 19),
    ("MF", 18, -63), ("MG", -19, 48), ("MH", 7, 171), ("MK", 42, 21), ("ML", 13, -8), ("MM", 17, 96), ("MN", 48, 107),
    ("MO", 22, 114), ("MP", 15, 146), ("MQ", 15, -61), ("MR", 18, -16), ("MS", 17, -62), ("MT", 36, 14),
    ("MU", -20, 58), ("MV", 4, 74), ("MW", -14, 34), ("MX", 20, -99), ("MY", 3, 102), ("MZ", -26, 33),
    ("NA", -23, 17), ("NC", -22, 166), ("NE", 14, 2), ("NF", -29, 168), ("NG", 7, 3), ("NI", 12, -86), ("NL", 52, 5),
    ("NO", 60, 11), ("NP", 28, 85), ("NR", -1, 167), ("NU", -19, -170), ("NZ", -37, 175), ("OM", 24, 58),
    ("PA", 9, -80), ("PE", -12, -77), ("PF", -18, -150), ("PG", -9, 147), ("PH", 15, 121), ("PK", 30, 71),
    ("PL", 52, 20), ("PM", 47, -56), ("PN", -25, -130), ("PR", 18, -66), ("PS", 32, 35), ("PT", 39, -9),
    ("PW", 7, 134), ("PY", -25, -58), ("QA", 25, 52), ("RE", -21, 55), ("RO", 44, 26), ("RS", 45, 20), ("RU", 56, 38),
    ("RW", -2, 30), ("SA", 25, 47), ("SB", -9, 160), ("SC", -5, 55), ("SD", 16, 33), ("SE", 59, 18), ("SG", 1, 104),
    ("SH", -16, -6), ("SI", 46, 15), ("SJ", 78, 16), ("SK", 48, 17), ("SL", 8, -13), ("SM", 44, 12), ("SN", 15, -17),
    ("SO", 2, 45), ("SR", 6, -55), ("SS", 5, 32), ("ST", 0, 7), ("SV", 14, -89), ("SX", 18, -63), ("SY", 34, 36),
    ("SZ", -26, 31), ("TC", 22, -72), ("TD", 12, 15), ("TF", -49, 70), ("TG", 6, 1), ("TH", 14, 101), ("TJ", 39, 69),
    ("TK", -9, -172), ("TL", -9, 126), ("TM", 38, 58), ("TN", 37, 10), ("TO", -21, -175), ("TR", 41, 31),
    ("TT", 11, -61), ("TV", -9, 179), ("TW", 25, 121), ("TZ", -7, 39), ("UA", 50, 31), ("UG", 0, 33), ("UM", 19, 167),
    ("US", 38, -91), ("UY", -35, -56), ("UZ", 41, 69), ("VA", 42, 12), ("VC", 13, -61), ("VE", 10, -67),
    ("VG", 18, -65), ("VI", 18, -65), ("VN", 16, 107), ("VU", -18, 168), ("WF", -13, -176), ("WS", -14, -172),
    ("YE", 15, 44), ("YT", -13, 45), ("ZA", -27, 28), ("ZM", -15, 28), ("ZW", -18, 31),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn place(country: &str) -> Place {
        Place::of(Country::parse(country).unwrap()).unwrap()
    }

    #[test]
    fn every_country_has_a_place() {
        for country in Country::all() {
            let place = Place::of(country).unwrap_or_else(|| panic!("{}", country.name()));
            assert!(place.latitude.abs() <= 90.0 && place.longitude.abs() <= 180.0, "{}", country.name());
        }
        assert_eq!(COUNTRIES.len(), Country::all().count());
    }

    #[test]
    fn distances_are_near_the_true_ones() {
        for (from, to, true_one) in
            [("GB", "FR", 450.0), ("SG", "AU", 6_300.0), ("FJ", "WS", 1_150.0), ("DE", "DE", 0.0)]
        {
            let distance = place(from).distance(place(to));
            assert!((distance - true_one).abs() <= 250.0, "{from} {to}: {distance}");
            assert!((distance - place(to).distance(place(from))).abs() < 1.0);
        }
        let antipodes = Place::at(0.0, 0.0).distance(Place::at(0.0, 180.0));
        assert!((antipodes - 20_015.0).abs() < 1.0, "{antipodes}");
    }
}

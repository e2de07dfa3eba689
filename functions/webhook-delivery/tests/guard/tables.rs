//! Addresses that no delivery may reach, and the ways to write them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Classes of addresses that are not public, each with some of them.
pub(crate) const CLASSES: &[(&str, &[&str])] = &[
    ("this network", &["0.0.0.0", "0.0.0.1"]),
    ("private use", &["10.0.0.5", "172.16.0.1", "172.31.255.255", "192.168.0.1"]),
    ("shared address space", &["100.64.0.1", "100.100.100.200", "100.127.255.255"]),
    ("loopback", &["127.0.0.1", "127.1.2.3", "127.255.255.254"]),
    ("link local", &["169.254.0.1", "169.254.255.254"]),
    ("metadata", &["169.254.169.254", "169.254.170.2", "169.254.170.23", "fd00:ec2::254", "fd00:ec2::23"]),
    ("Lambda's own endpoints", &["169.254.79.129", "169.254.79.130", "169.254.100.1"]),
    ("protocol assignments", &["192.0.0.8", "192.0.0.170", "192.0.0.192"]),
    ("documentation", &["192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"]),
    ("AS112 and AMT", &["192.31.196.1", "192.52.193.1", "192.175.48.1", "2620:4f:8000::1"]),
    ("6to4 relay", &["192.88.99.1"]),
    ("benchmarking", &["198.18.0.1", "198.19.255.254", "2001:2::1"]),
    ("multicast", &["224.0.0.1", "239.255.255.250", "ff02::1", "ff0e::1"]),
    ("reserved and broadcast", &["240.0.0.1", "255.255.255.255"]),
    ("unspecified", &["::"]),
    ("IPv6 loopback", &["::1"]),
    ("IPv4-mapped", &["::ffff:127.0.0.1", "::ffff:10.0.0.5", "::ffff:169.254.169.254"]),
    ("IPv4-compatible", &["::127.0.0.1", "::10.0.0.5", "::8.8.8.8"]),
    ("IPv4-translated", &["::ffff:0:127.0.0.1", "::ffff:0:10.0.0.5"]),
    ("NAT64", &["64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b::808:808"]),
    ("local-use NAT64", &["64:ff9b:1::7f00:1", "64:ff9b:1:ffff::a00:5"]),
    ("6to4", &["2002:7f00:1::", "2002:a9fe:a9fe::1", "2002:a00:5::"]),
    ("Teredo", &["2001::1", "2001:0:4136:e378:8000:63bf:80ff:fffe"]),
    ("ORCHID and other assignments", &["2001:10::1", "2001:20::1", "2001:1ff::1"]),
    ("discard only and dummy", &["100::1", "100:0:0:1::1"]),
    ("segment routing", &["5f00::1"]),
    ("unique local", &["fc00::1", "fdff::1"]),
    ("IPv6 link local", &["fe80::1", "fe80::5efe:a00:5", "febf::1"]),
    ("site local", &["fec0::1"]),
    ("outside global unicast", &["1fff::1", "4000::1", "e000::1"]),
];

/// IPv4 addresses that are written in every way.
const TARGETS_V4: [Ipv4Addr; 8] = [
    Ipv4Addr::LOCALHOST,
    Ipv4Addr::UNSPECIFIED,
    Ipv4Addr::new(127, 1, 2, 3),
    Ipv4Addr::new(10, 0, 0, 5),
    Ipv4Addr::new(192, 168, 0, 1),
    Ipv4Addr::new(100, 100, 100, 200),
    Ipv4Addr::new(169, 254, 169, 254),
    Ipv4Addr::new(169, 254, 79, 129),
];

/// IPv6 addresses that are written in every way.
const TARGETS_V6: [&str; 12] = [
    "::1",
    "::",
    "fd00:ec2::254",
    "fc00::1",
    "fe80::1",
    "fe80::a9fe:a9fe",
    "fec0::1",
    "ff02::1",
    "100::1",
    "2001:db8::1",
    "3fff::1",
    "5f00::1",
];

pub(crate) fn addresses(texts: &[&str]) -> impl Iterator<Item = IpAddr> {
    texts.iter().map(|text| text.parse().unwrap())
}

/// Every way of the tables to write an address as a host, with the way's name.
pub(crate) fn hosts() -> Vec<(&'static str, String)> {
    let v4 = TARGETS_V4.iter().flat_map(|at| DRESSES_V4.iter().map(|(name, dress)| (*name, dress(*at))));
    let v6 = TARGETS_V6.iter().map(|at| at.parse::<Ipv6Addr>().unwrap());
    let v6 = v6.flat_map(|at| DRESSES_V6.iter().map(move |(name, dress)| (*name, dress(at))));
    v4.chain(v6).collect()
}

type Dress<A> = (&'static str, fn(A) -> String);

const DRESSES_V4: &[Dress<Ipv4Addr>] = &[
    ("dotted", |at| at.to_string()),
    ("decimal", |at| at.to_bits().to_string()),
    ("hex", |at| format!("{:#x}", at.to_bits())),
    ("hex, upper case", |at| format!("0X{:08X}", at.to_bits())),
    ("octal", |at| format!("0{:o}", at.to_bits())),
    ("dotted hex", |at| each(at, |byte| format!("{byte:#x}"))),
    ("dotted hex, long", |at| each(at, |byte| format!("0x{byte:08x}"))),
    ("dotted octal", |at| each(at, |byte| format!("0{byte:o}"))),
    ("dotted octal, long", |at| each(at, |byte| format!("{byte:010o}"))),
    ("two parts", |at| format!("{}.{}", at.to_bits() >> 24, at.to_bits() & 0xff_ffff)),
    ("two parts, hex", |at| format!("{:#x}.{:#x}", at.to_bits() >> 24, at.to_bits() & 0xff_ffff)),
    ("three parts", |at| format!("{}.{}.{}", at.octets()[0], at.octets()[1], at.to_bits() & 0xffff)),
    ("mixed bases", |at| format!("{:#x}.0{:o}.{}", at.octets()[0], at.octets()[1], at.to_bits() & 0xffff)),
    ("trailing dot", |at| format!("{at}.")),
    ("decimal, trailing dot", |at| format!("{}.", at.to_bits())),
    ("two trailing dots", |at| format!("{at}..")),
    ("beyond a byte", |at| each(at, |byte| (u32::from(byte) + 256).to_string())),
    ("beyond 32 bits", |at| (u64::from(at.to_bits()) + (1 << 32)).to_string()),
    ("fullwidth digits", |at| digits(at, '\u{ff10}')),
    ("mathematical digits", |at| digits(at, '\u{1d7ce}')),
    ("circled digits", |at| at.to_string().replace('0', "\u{24ea}").replace('1', "\u{2460}").replace('2', "\u{2461}")),
    ("superscript digits", |at| at.to_string().replace('1', "\u{b9}").replace('2', "\u{b2}")),
    ("ideographic full stops", |at| at.to_string().replace('.', "\u{3002}")),
    ("fullwidth full stops", |at| at.to_string().replace('.', "\u{ff0e}")),
    ("soft hyphens", |at| at.to_string().replace('.', "\u{ad}.")),
    ("zero-width spaces", |at| at.to_string().replace('.', "\u{200b}.")),
    ("percent-encoded", |at| percent(&at.to_string())),
    ("percent-encoded dots", |at| at.to_string().replace('.', "%2e")),
    ("percent-encoded twice", |at| percent(&at.to_string()).replace('%', "%25")),
    ("IPv4-mapped", |at| format!("[::ffff:{at}]")),
    ("IPv4-mapped, hex", |at| format!("[::ffff:{}]", hextets(at))),
    ("IPv4-mapped, upper case", |at| format!("[::FFFF:{at}]")),
    ("IPv4-mapped, in full", |at| format!("[0000:0000:0000:0000:0000:ffff:{at}]")),
    ("IPv4-compatible", |at| format!("[::{at}]")),
    ("IPv4-translated", |at| format!("[::ffff:0:{at}]")),
    ("NAT64", |at| format!("[64:ff9b::{at}]")),
    ("NAT64, hex", |at| format!("[64:ff9b::{}]", hextets(at))),
    ("local-use NAT64", |at| format!("[64:ff9b:1::{at}]")),
    ("6to4", |at| format!("[2002:{}::]", hextets(at))),
    ("6to4, with host", |at| format!("[2002:{0}::{0}]", hextets(at))),
    ("Teredo", |at| format!("[2001:0:4136:e378:8000:63bf:{}]", hextets(Ipv4Addr::from_bits(!at.to_bits())))),
    ("ISATAP", |at| format!("[fe80::5efe:{at}]")),
    ("in brackets", |at| format!("[{at}]")),
    ("under a wildcard name", |at| format!("{at}.nip.io")),
    ("under a wildcard name, dashes", |at| format!("{}.sslip.io", at.to_string().replace('.', "-"))),
];

const DRESSES_V6: &[Dress<Ipv6Addr>] = &[
    ("compressed", |at| format!("[{at}]")),
    ("in full", |at| format!("[{}]", full(at))),
    ("upper case", |at| format!("[{}]", full(at).to_uppercase())),
    ("dotted end", |at| format!("[{}:{}]", &full(at)[..29], Ipv4Addr::from_bits(low(at)))),
    ("zone", |at| format!("[{at}%lo]")),
    ("zone, percent-encoded", |at| format!("[{at}%25lo]")),
    ("zone, numbered", |at| format!("[{at}%251]")),
    ("without brackets", |at| at.to_string()),
    ("percent-encoded brackets", |at| format!("%5B{at}%5D")),
    ("percent-encoded inside", |at| format!("[{}]", percent(&at.to_string()))),
    ("trailing dot", |at| format!("[{at}].")),
    ("under a wildcard name", |at| format!("{}.sslip.io", at.to_string().replace(':', "-"))),
];

fn each(at: Ipv4Addr, write: impl Fn(u8) -> String) -> String {
    at.octets().map(write).join(".")
}

fn digits(at: Ipv4Addr, zero: char) -> String {
    let other = |c: char| c.to_digit(10).map_or(c, |digit| char::from_u32(u32::from(zero) + digit).unwrap());
    at.to_string().chars().map(other).collect()
}

fn percent(text: &str) -> String {
    text.bytes().fold(String::new(), |text, byte| format!("{text}%{byte:02x}"))
}

fn hextets(at: Ipv4Addr) -> String {
    format!("{:x}:{:x}", at.to_bits() >> 16, at.to_bits() & 0xffff)
}

fn full(at: Ipv6Addr) -> String {
    at.segments().map(|segment| format!("{segment:04x}")).join(":")
}

fn low(at: Ipv6Addr) -> u32 {
    u32::try_from(at.to_bits() & 0xffff_ffff).unwrap()
}

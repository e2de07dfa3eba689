//! The Runtime API's loop with the standard library alone: it reads an event and answers 200.

use std::io::{Error, ErrorKind, Read, Result, Write};
use std::net::TcpStream;

/// Serves events until Lambda ends the process.
pub fn serve() -> Result<()> {
    let api = std::env::var("AWS_LAMBDA_RUNTIME_API").map_err(Error::other)?;
    let mut connection = TcpStream::connect(&api)?;
    connection.set_nodelay(true)?;
    loop {
        let next = format!("GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nhost: {api}\r\n\r\n");
        connection.write_all(next.as_bytes())?;
        let (head, event) = message(&mut connection)?;
        let id = header(&head, "lambda-runtime-aws-request-id").ok_or(ErrorKind::InvalidData)?;
        let path = event.split("\"rawPath\":\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
        let body = format!("{{\"statusCode\":200,\"headers\":{{}},\"body\":\"{path}\"}}");
        let length = body.len();
        let answer = format!(
            "POST /2018-06-01/runtime/invocation/{id}/response HTTP/1.1\r\nhost: {api}\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        connection.write_all(answer.as_bytes())?;
        message(&mut connection)?;
    }
}

/// One message: its head and its body.
pub fn message(connection: &mut impl Read) -> Result<(String, String)> {
    let (mut bytes, mut part) = (Vec::new(), [0; 16_384]);
    loop {
        let read = connection.read(&mut part)?;
        if read == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        bytes.extend_from_slice(&part[..read]);
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let length: usize = header(&head, "content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
        if bytes.len() >= end + 4 + length {
            return Ok((head, String::from_utf8_lossy(&bytes[end + 4..]).into_owned()));
        }
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    lines.filter(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
}

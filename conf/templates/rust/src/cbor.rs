//! The little of CBOR (RFC 8949) that this component needs.
use crate::norn::{Error, NornResult};

const INTEGER: u8 = 0;
const TEXT: u8 = 3;
const ARRAY: u8 = 4;
const MAP: u8 = 5;

#[derive(Default)]
pub struct Writer {
    pub bytes: Vec<u8>,
}

impl Writer {
    fn head(&mut self, major: u8, value: u64) {
        let (code, width) = match value {
            0..=23 => (value as u8, 0),
            24..=0xff => (24, 1),
            0x100..=0xffff => (25, 2),
            0x1_0000..=0xffff_ffff => (26, 4),
            _ => (27, 8),
        };
        self.bytes.push(major << 5 | code);
        self.bytes.extend_from_slice(&value.to_be_bytes()[8 - width..]);
    }
    pub fn integer(&mut self, value: u64) {
        self.head(INTEGER, value);
    }
    pub fn text(&mut self, value: &str) {
        self.head(TEXT, value.len() as u64);
        self.bytes.extend_from_slice(value.as_bytes());
    }
    pub fn array(&mut self, count: u64) {
        self.head(ARRAY, count);
    }
    pub fn map(&mut self, count: u64) {
        self.head(MAP, count);
    }
}

pub struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Reader { bytes }
    }
    pub fn is_at_end(&self) -> bool {
        self.bytes.is_empty()
    }
    fn take(&mut self, count: u64) -> NornResult<&'a [u8]> {
        if count > self.bytes.len() as u64 {
            return Err(Error::peer("bytes are not the CBOR that is expected"));
        }
        let (taken, rest) = self.bytes.split_at(count as usize);
        self.bytes = rest;
        Ok(taken)
    }
    fn head(&mut self, major: u8) -> NornResult<u64> {
        let first = self.take(1)?[0];
        let code = first & 31;
        if first >> 5 != major || code > 27 {
            return Err(Error::peer("bytes are not the CBOR that is expected"));
        }
        if code < 24 {
            return Ok(code as u64);
        }
        let bytes = self.take(1 << (code - 24))?;
        Ok(bytes.iter().fold(0, |value, byte| value << 8 | *byte as u64))
    }
    pub fn integer(&mut self) -> NornResult<u64> {
        self.head(INTEGER)
    }
    pub fn array(&mut self) -> NornResult<u64> {
        self.head(ARRAY)
    }
    pub fn map(&mut self) -> NornResult<u64> {
        self.head(MAP)
    }
    pub fn text(&mut self) -> NornResult<&'a str> {
        let count = self.head(TEXT)?;
        std::str::from_utf8(self.take(count)?).map_err(|_| Error::peer("a text is not UTF-8"))
    }
}

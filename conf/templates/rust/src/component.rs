//! Every host tells the guest how many rows it has; the guest reports the total.
use crate::cbor;
use crate::norn::{Error, Host, NornResult};
use crate::norn_abi::*;

pub fn run(host: &Host) -> NornResult<()> {
    let parties = host.parties()?;
    let mut total = host.count_rows("data")?;
    if total < minimum_rows(host)? {
        return Err(Error::user(NORN_FAILED_PRECONDITION, "there are fewer rows than minimum_rows"));
    }
    let guest = parties.iter().find(|party| party.role == "guest");
    let guest = guest.ok_or_else(|| Error::user(NORN_INVALID_ARGUMENT, "the job has no guest to count for"))?;
    if host.role() != "guest" {
        let mut message = cbor::Writer::default();
        message.integer(total);
        return host.send("rows", "", guest, &message.bytes);
    }
    // All are announced before the first is awaited.
    let mut tickets = Vec::new();
    for party in parties.iter().filter(|party| party.role == "host") {
        tickets.push(host.post("rows", "", party)?);
    }
    for ticket in tickets {
        total += count(&host.take(ticket)?)?;
    }
    host.log(&format!("{total} rows at all parties"));
    let mut summary = cbor::Writer::default();
    summary.map(1);
    summary.text("total");
    summary.integer(total);
    host.summary(&summary.bytes)
}

/// Every default is filled in; here the map has one member.
fn minimum_rows(host: &Host) -> NornResult<u64> {
    let mut reader = cbor::Reader::new(host.parameters());
    if reader.map()? != 1 || reader.text()? != "minimum_rows" {
        return Err(Error::user(NORN_INVALID_ARGUMENT, "the parameters are not those of @MODULE@"));
    }
    reader.integer()
}

fn count(message: &[u8]) -> NornResult<u64> {
    let mut reader = cbor::Reader::new(message);
    let rows = reader.integer()?;
    if !reader.is_at_end() {
        return Err(Error::peer("a host's message is not a count of rows"));
    }
    Ok(rows)
}

//! `judge`: may this body go on to tower-lsp? Only what it can certainly read.
//! Pure; handles no message and looks at no params.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use std::fmt;

use serde::Deserialize;
use serde::Deserializer;
use serde::de::IgnoredAny;
use serde::de::MapAccess;
use serde::de::SeqAccess;
use serde::de::Visitor;
use serde_json::Value;
use serde_json::from_slice;
use tower_lsp::jsonrpc::Id;
use tower_lsp::jsonrpc::Request;
use tower_lsp::jsonrpc::Response;

use crate::server::framing::Fault;

/// Values that a message may have. `[0,0,0,…` takes seventy times its size once it is read;
/// what an editor sends has thousands of values, the large messages have large texts.
const MAX_VALUES: usize = 250_000;

/// What a sound message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The client is done.
    Exit,
    /// Any other.
    Other,
}

/// Is it a JSON-RPC message?
pub(super) fn judge(body: &[u8]) -> Result<Kind, Fault> {
    let values = from_slice::<Values>(body).map_err(|error| Fault::parse(format!("no JSON: {error}")))?;
    if values.0 > MAX_VALUES {
        let why = format!(
            "a message of {} values is not read: {MAX_VALUES} are the most",
            values.0
        );
        return Err(Fault::invalid(why, Value::Null));
    }
    if body.trim_ascii_start().starts_with(b"[") {
        return Err(Fault::invalid("LSP has no batches", Value::Null));
    }
    if let Ok(request) = from_slice::<Request>(body)
        && !request.method().is_empty()
    {
        let exit = request.method() == "exit" && request.id().is_none();
        return Ok(if exit { Kind::Exit } else { Kind::Other });
    }
    if from_slice::<Response>(body).is_ok() {
        return Ok(Kind::Other);
    }
    // Whose answer it is, if that can be told.
    let id = from_slice::<Named>(body).map_or(Value::Null, |named| named.id.unwrap_or_default());
    let id = if from_slice::<Id>(id.to_string().as_bytes()).is_ok() {
        id
    } else {
        Value::Null
    };
    Err(Fault::invalid(
        "no JSON-RPC 2.0 request, notification or response",
        id,
    ))
}

#[derive(Deserialize)]
struct Named {
    id: Option<Value>,
}

/// How many values a JSON text has, without keeping them.
struct Values(usize);

impl<'de> Deserialize<'de> for Values {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Counter).map(Self)
    }
}

struct Counter;

impl<'de> Visitor<'de> for Counter {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<usize, E> {
        Ok(1)
    }

    fn visit_bool<E>(self, _: bool) -> Result<usize, E> {
        Ok(1)
    }

    fn visit_i64<E>(self, _: i64) -> Result<usize, E> {
        Ok(1)
    }

    fn visit_u64<E>(self, _: u64) -> Result<usize, E> {
        Ok(1)
    }

    fn visit_f64<E>(self, _: f64) -> Result<usize, E> {
        Ok(1)
    }

    fn visit_str<E>(self, _: &str) -> Result<usize, E> {
        Ok(1)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<usize, A::Error> {
        let mut sum = 1;
        while let Some(Values(n)) = seq.next_element()? {
            sum += n;
        }
        Ok(sum)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<usize, A::Error> {
        let mut sum = 1;
        while let Some((IgnoredAny, Values(n))) = map.next_entry()? {
            sum += n;
        }
        Ok(sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sound_messages_pass() {
        for (body, kind) in [
            (r#"{"jsonrpc":"2.0","method":"exit"}"#, Kind::Exit),
            (r#"{"jsonrpc":"2.0","method":"exit","params":null}"#, Kind::Exit),
            (r#"{"jsonrpc":"2.0","method":"exit","id":1}"#, Kind::Other),
            (
                r#"{"jsonrpc":"2.0","method":"a","id":"x","params":[1]}"#,
                Kind::Other,
            ),
            (r#"{"jsonrpc":"2.0","id":1,"result":null}"#, Kind::Other),
            (
                r#"{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"no"}}"#,
                Kind::Other,
            ),
        ] {
            assert_eq!(judge(body.as_bytes()), Ok(kind), "{body}");
        }
    }

    #[test]
    fn everything_else_is_a_fault_with_the_id_that_can_be_told() {
        let deep = "[".repeat(10_000);
        let wide = format!("[{}0]", "0,".repeat(MAX_VALUES));
        for (body, code, id) in [
            ("", -32700, Value::Null),
            ("hello", -32700, Value::Null),
            (r#"{"jsonrpc":"2.0","method":"#, -32700, Value::Null),
            (r#"{"jsonrpc":"2.0","method":"a"} {}"#, -32700, Value::Null),
            (&deep, -32700, Value::Null),
            (&wide, -32600, Value::Null),
            ("{}", -32600, Value::Null),
            ("null", -32600, Value::Null),
            ("7", -32600, Value::Null),
            ("[]", -32600, Value::Null),
            (r#"[{"jsonrpc":"2.0","method":"a","id":1}]"#, -32600, Value::Null),
            (r#"{"method":"a","id":7}"#, -32600, 7.into()),
            (r#"{"jsonrpc":"1.0","method":"a","id":"x"}"#, -32600, "x".into()),
            (r#"{"jsonrpc":"2.0","method":7,"id":7}"#, -32600, 7.into()),
            (r#"{"jsonrpc":"2.0","method":"a","id":1.5}"#, -32600, Value::Null),
            (r#"{"jsonrpc":"2.0","method":"a","id":{}}"#, -32600, Value::Null),
            (
                r#"{"jsonrpc":"2.0","method":"","id":7,"params":{"code":1}}"#,
                -32600,
                7.into(),
            ),
            (r#"{"jsonrpc":"2.0","id":7}"#, -32600, 7.into()),
            (
                r#"{"jsonrpc":"2.0","id":7,"error":{"message":"no code"}}"#,
                -32600,
                7.into(),
            ),
            (
                r#"{"jsonrpc":"2.0","method":"a","method":"b"}"#,
                -32600,
                Value::Null,
            ),
        ] {
            let fault = judge(body.as_bytes()).unwrap_err();
            assert_eq!(
                (fault.code, &fault.id),
                (code, &id),
                "{}",
                &body[..body.len().min(60)]
            );
        }
        let fault = judge(b"{\"jsonrpc\":\"2.0\",\"method\":\"\xff\"}").unwrap_err();
        assert_eq!(fault.code, -32700, "not UTF-8");
    }
}

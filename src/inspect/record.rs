//! One sample in full: where it lies, what its record says, and what picture it is.

use serde_json::{Map, Value, json};

use super::examine::Tools;
use super::{Source, path_json};
use crate::codec::{Backend, Header};
use crate::dataset::{Dataset, Location, Options, Scratch, Spot, Wanted};
use crate::error::{Error, Result};
use crate::record::example::{self, Feature};
use crate::record::recordio;
use crate::record::{Framing, Shard};

/// Numbers of a feature that are shown.
const SHOWN: usize = 8;

/// Bytes of a feature that are shown, if they are a text.
const TEXT: usize = 200;

/// A sample in full.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Where it lies.
    pub location: Location,
    /// The class of a sample that is a file: number and name.
    pub class: Option<(usize, String)>,
    /// Its picture's header and the length of what it is stored as, or why there is none.
    pub picture: Result<(Header, u64), String>,
    /// What its record says: features of an `Example` by name, or fields of an image record's
    /// header.
    pub fields: Map<String, Value>,
}

impl Entry {
    /// The same as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        let picture = match &self.picture {
            Ok((header, bytes)) => json!({
                "format": header.format.name(),
                "width": header.upright().width,
                "height": header.upright().height,
                "turned": header.upright() != header.size,
                "bytes": bytes,
            }),
            Err(reason) => json!({ "error": reason }),
        };
        json!({
            "path": path_json(&self.location.path),
            "record": self.location.record.map(|spot| spot.number),
            "offset": self.location.record.map(|spot| spot.offset),
            "label": self.class.as_ref().map(|(label, _)| label),
            "class": self.class.as_ref().map(|(_, name)| name),
            "picture": picture,
            "fields": self.fields,
        })
    }
}

/// Sample `index` of the data set `source`, in the data set's order.
///
/// # Errors
/// [`Error::Argument`] where there is no such sample; [`Error::Io`], [`Error::Dataset`] and
/// [`Error::Record`] where there is no data set, or the record is damaged.
pub fn entry(source: &Source, index: u64) -> Result<Entry> {
    let data = source.open(Options {
        labels: Wanted::Never,
        ..Options::default()
    })?;
    if index >= data.len() {
        return Err(Error::argument(
            "record",
            index,
            format!("0 to {}", data.len() - 1),
        ));
    }
    let location = data.location(index);
    let picture = Tools::new(Backend::Auto).header(&*data, index)?;
    let picture = picture
        .map(|(header, stored)| (header, stored.bytes))
        .map_err(|damage| damage.reason);
    let (class, fields) = match location.record {
        None => (Some(class(&*data, index)?), Map::new()),
        Some(spot) => {
            let shard = data
                .shards()
                .iter()
                .find(|shard| shard.path() == location.path);
            (
                None,
                shard.map_or_else(|| Ok(Map::new()), |shard| fields(shard, spot))?,
            )
        }
    };
    Ok(Entry {
        location,
        class,
        picture,
        fields,
    })
}

fn class(data: &dyn Dataset, index: u64) -> Result<(usize, String)> {
    let label = data.read(index, &mut Scratch::default())?.label;
    let name = data
        .classes()?
        .get(label)
        .map(|name| name.to_string_lossy().into_owned());
    Ok((label, name.unwrap_or_default()))
}

fn fields(shard: &Shard, spot: Spot) -> Result<Map<String, Value>> {
    let mut room = Vec::new();
    let payload = shard.get(spot.number, &mut room)?;
    let fields = match shard.framing() {
        Framing::TfRecord => features(payload).map_err(|reason| reason.to_string()),
        Framing::RecordIo => {
            header(payload, shard.key(spot.number)).map_err(|reason| reason.to_string())
        }
    };
    fields.map_err(|reason| Error::record(shard.path(), spot.offset, reason))
}

fn features(payload: &[u8]) -> Result<Map<String, Value>, example::Reason> {
    let features = example::decode(payload)?;
    Ok(features
        .into_iter()
        .map(|(name, feature)| (name, shown(&feature)))
        .collect())
}

/// A feature: its type, how many values it has, and the first of them; of bytes their number, and a
/// short text.
fn shown(feature: &Feature<'_>) -> Value {
    match feature {
        Feature::Empty => json!({ "type": "none", "count": 0 }),
        Feature::Ints(values) => {
            json!({ "type": "int64", "count": values.len(), "values": values[..values.len().min(SHOWN)] })
        }
        Feature::Floats(values) => {
            json!({ "type": "float", "count": values.len(), "values": values[..values.len().min(SHOWN)] })
        }
        Feature::Bytes(values) => {
            let bytes: usize = values.iter().map(|value| value.len()).sum();
            let texts = values
                .iter()
                .take(SHOWN)
                .map(|value| text(value))
                .collect::<Option<Vec<_>>>();
            json!({ "type": "bytes", "count": values.len(), "bytes": bytes, "values": texts })
        }
    }
}

fn text(bytes: &[u8]) -> Option<&str> {
    let text = str::from_utf8(bytes).ok()?;
    (text.len() <= TEXT && !text.chars().any(char::is_control)).then_some(text)
}

fn header(payload: &[u8], key: Option<u64>) -> Result<Map<String, Value>, recordio::Reason> {
    let (header, _) = recordio::Header::decode(payload)?;
    let labels: Vec<f32> = header.labels.values().take(SHOWN).collect();
    let fields = [
        ("key", json!(key)),
        ("labels", json!(labels)),
        ("id", json!(header.id)),
        ("id2", json!(header.id2)),
    ];
    Ok(fields
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect())
}

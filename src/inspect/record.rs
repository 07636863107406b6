//! One sample in full: where it lies, what its record says, and what image it is.

use std::sync::atomic::AtomicBool;

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
    /// Its image's header and the length of what it is stored as, or why there is none.
    pub image: Result<(Header, u64), String>,
    /// What its record says: features of an `Example` by name, or fields of an image record's
    /// header.
    pub fields: Map<String, Value>,
}

impl Entry {
    /// The same as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        let image = match &self.image {
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
            "picture": image,
            "fields": self.fields,
        })
    }
}

/// Sample `index` of the dataset `source`, in the dataset's order.
///
/// # Errors
/// [`Error::Argument`] where there is no such sample; [`Error::Io`], [`Error::Dataset`] and
/// [`Error::Record`] where there is no dataset, or the record is damaged.
pub fn entry(source: &Source, index: u64) -> Result<Entry> {
    let data = source.open(Options {
        labels: Wanted::Never,
        ..Options::default()
    })?;
    if index >= data.len() {
        let allowed = format!("0 to {}", data.len() - 1);
        return Err(Error::argument("record", index, allowed));
    }
    let location = data.location(index);
    let stop = AtomicBool::new(false);
    let examined = Tools::new(Backend::Auto).look(&*data, index, None, &stop)?;
    let image = examined
        .map(|sound| (sound.header, sound.bytes))
        .map_err(|damage| damage.reason);
    let (mut label, mut fields) = (None, Map::new());
    let mut shards = data.shards().iter();
    match location.record {
        None => label = Some(class(&*data, index)?),
        Some(spot) => {
            if let Some(shard) = shards.find(|shard| shard.path() == location.path) {
                fields = fields_of(shard, spot)?;
            }
        }
    }
    Ok(Entry {
        location,
        class: label,
        image,
        fields,
    })
}

fn class(data: &dyn Dataset, index: u64) -> Result<(usize, String)> {
    let label = data.read(index, &mut Scratch::default())?.label;
    let classes = data.classes()?;
    let name = classes.get(label).map(|name| name.to_string_lossy());
    Ok((label, name.unwrap_or_default().into_owned()))
}

fn fields_of(shard: &Shard, spot: Spot) -> Result<Map<String, Value>> {
    let mut buffer = Vec::new();
    let payload = shard.get(spot.number, &mut buffer)?;
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
            let shown = &values[..values.len().min(SHOWN)];
            json!({ "type": "int64", "count": values.len(), "values": shown })
        }
        Feature::Floats(values) => {
            let shown = &values[..values.len().min(SHOWN)];
            json!({ "type": "float", "count": values.len(), "values": shown })
        }
        Feature::Bytes(values) => {
            let bytes: usize = values.iter().map(|value| value.len()).sum();
            let texts = values.iter().take(SHOWN).map(|value| text(value));
            let texts = texts.collect::<Option<Vec<_>>>();
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

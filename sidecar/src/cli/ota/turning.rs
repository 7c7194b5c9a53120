//! `boardside ota rollback`, `pin`, `promote`, `abort` and `prune`: which version devices are told, and which stay.

use serde_json::json;

use crate::cli::failure::Failure;
use crate::cli::link;
use crate::cli::ota::Place;
use crate::cli::screen::Screen;
use crate::ota;
use crate::ota::Device;
use crate::ota::Done;
use crate::ota::Shelf;
use crate::ota::Tag;
use crate::session::Exit;

pub(super) const ROLLBACK: &str = "micropython-ota takes any version that is another than its own. The safe client takes \
an older one only with a newer signature, which --key makes. To go forward again: boardside ota rollback VERSION.";

pub(super) const PIN: &str = "The device is the user that it logs in as (micropython-ota 1.2.0 and later), or what its \
host ends with: http://HOST/d/DEVICE. `boardside ota serve`, and nginx with what `boardside ota nginx` prints, look into \
PROJECT/.pin/DEVICE. In a bucket a device has copies of its own below d/DEVICE/ from its first pin on, and none before. Put the version there with `boardside ota publish \
--hold`; afterwards `boardside ota promote` or `boardside ota abort`.";

fn told(done: &Done, event: &str, devices: Option<&[Device]>, screen: &mut Screen) {
    screen.event(&json!({
        "event": event, "version": done.version.as_str(), "before": done.before.as_ref().map(Tag::as_str),
        "seq": done.seq, "devices": devices.map(names),
    }));
    screen.say(&match &done.before {
        Some(before) if *before == done.version => format!("devices were told {before} already"),
        Some(before) => format!("devices are told {} now; it was {before}", done.version),
        None => format!("devices are told {} now", done.version),
    });
}

fn names(devices: &[Device]) -> Vec<&str> {
    devices.iter().map(Device::as_str).collect()
}

pub(super) async fn rollback(
    version: Option<&Tag>,
    place: &Place,
    screen: &mut Screen,
) -> Result<Exit, Failure> {
    let (_, releases) = place.open(screen)?;
    let key = releases.key()?;
    let work = ota::make_current(&*releases.store, &releases.keys, version, key.as_ref(), screen);
    let done = link::flat(link::cancellable(work).await)?;
    told(&done, "current", None, screen);
    Ok(Exit::Done)
}

pub(super) async fn pin(
    devices: &[Device],
    version: &Tag,
    place: &Place,
    screen: &mut Screen,
) -> Result<Exit, Failure> {
    let (_, releases) = place.open(screen)?;
    let key = releases.key()?;
    let work = ota::pin(
        &*releases.store,
        &releases.keys,
        devices,
        version,
        key.as_ref(),
        screen,
    );
    let seq = link::flat(link::cancellable(work).await)?;
    screen.event(
        &json!({"event": "pinned", "devices": names(devices), "version": version.as_str(), "seq": seq}),
    );
    for device in devices {
        screen.say(&format!("{device} is told {version} from now on"));
    }
    Ok(Exit::Done)
}

pub(super) async fn promote(
    version: Option<&Tag>,
    place: &Place,
    screen: &mut Screen,
) -> Result<Exit, Failure> {
    let (_, releases) = place.open(screen)?;
    let key = releases.key()?;
    let work = ota::promote(&*releases.store, &releases.keys, version, key.as_ref(), screen);
    let (done, devices) = link::flat(link::cancellable(work).await)?;
    told(&done, "promoted", Some(&devices), screen);
    for device in devices {
        screen.say(&format!("{device} follows the others again"));
    }
    Ok(Exit::Done)
}

pub(super) async fn abort(devices: &[Device], place: &Place, screen: &mut Screen) -> Result<Exit, Failure> {
    let (_, releases) = place.open(screen)?;
    let key = releases.key()?;
    let work = ota::abort(&*releases.store, &releases.keys, devices, key.as_ref(), screen);
    let (version, devices) = link::flat(link::cancellable(work).await)?;
    screen.event(&json!({"event": "aborted", "devices": names(&devices), "version": version.as_str()}));
    for device in devices {
        screen.say(&format!("{device} is told {version} again"));
    }
    Ok(Exit::Done)
}

pub(super) async fn prune(
    keep: usize,
    incomplete: bool,
    dry_run: bool,
    place: &Place,
    screen: &mut Screen,
) -> Result<Exit, Failure> {
    let (_, releases) = place.open(screen)?;
    let old = if dry_run {
        let shelf = Shelf::look(&*releases.store, &releases.keys).await?;
        ota::too_old(&shelf, keep, incomplete)
    } else {
        let work = ota::prune(&*releases.store, &releases.keys, keep, incomplete);
        link::flat(link::cancellable(work).await)?
    };
    let versions: Vec<&str> = old.iter().map(Tag::as_str).collect();
    screen.event(&json!({"event": "pruned", "versions": versions, "dry_run": dry_run}));
    screen.say(&match (versions.is_empty(), dry_run) {
        (true, _) => "nothing is too old".to_owned(),
        (false, false) => format!("taken away: {}", versions.join(", ")),
        (false, true) => format!("would be taken away: {}", versions.join(", ")),
    });
    Ok(Exit::Done)
}

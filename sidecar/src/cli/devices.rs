//! `boardside devices`: the ports that look like boards.
//! Opens none of them, unless asked to by `--probe`.

use clap::Args;
use serde_json::json;

use crate::cli::args::Global;
use crate::cli::failure::Failure;
use crate::cli::link;
use crate::cli::screen::Screen;
use crate::host::words::There;

use crate::session::Exit;
use crate::session::Explain as _;
use crate::session::Seen;
use crate::session::Target;
use crate::session::distant;
use crate::session::ports;
use crate::session::recent;
use crate::session::writing::installed;

#[derive(Args, Clone, Debug)]
#[command(
    after_help = "Boards are known by the USB chips that they use; none is opened or disturbed. BOARDSIDE_PORTS adds \
    ports that the system does not list, separated like PATH. Addresses in the network that worked lately are listed, \
    too; `boardside logout ADDRESS` takes one off the list. Machines that `boardside host add` named are asked for \
    theirs, side by side and for 3 s at most."
)]
pub(super) struct DevicesArgs {
    /// Also the other ports, and why they are not taken for boards
    #[arg(long)]
    all: bool,
    /// Open each free board and ask its firmware and unique id; a program that runs is stopped for that,
    /// and started again by a soft reset
    #[arg(long)]
    probe: bool,
    /// Nothing but what can stand behind -d, one a line: for shells that complete it
    #[arg(long, conflicts_with_all = ["all", "probe"])]
    addresses: bool,
}

/// What a board said of itself.
enum Probed {
    Not,
    Answered {
        name: String,
        version: String,
        unique_id: String,
        /// Project and package, if it has one.
        package: Option<(String, String)>,
    },
    Failed(Failure),
}

pub(super) async fn run(global: &Global, args: DevicesArgs, screen: &mut Screen) -> Result<Exit, Failure> {
    let seen = tokio::task::spawn_blocking(ports).await.unwrap_or_default();
    if args.addresses {
        let ports = seen.iter().filter(|seen| seen.why_not.is_none());
        let ports = ports.map(|seen| seen.found.address.clone());
        for address in ports.chain(recent().into_iter().map(|known| known.address)) {
            screen.event(&json!({"event": "address", "address": address}));
            screen.say(&address);
        }
        return Ok(Exit::Done);
    }
    let (boards, others): (Vec<Seen>, Vec<Seen>) = seen.into_iter().partition(|seen| seen.why_not.is_none());
    for board in &boards {
        let probed = if args.probe {
            probe(board, global, screen).await?
        } else {
            Probed::Not
        };
        show(board, &probed, screen);
    }
    let hosts = link::cancellable(distant::boards_of_all(args.probe)).await??;
    let mut count = boards.len();
    for (host, answer) in &hosts {
        match answer {
            Ok(there) => {
                count += there.boards.len();
                for board in &there.boards {
                    show_there(host, board, screen);
                }
            }
            Err(error) => {
                let why = error.explained();
                screen.event(&json!({
                    "event": "host", "host": host,
                    "error": {"code": why.code, "message": why.message, "help": why.help},
                }));
                let name = screen.paint("1", &format!("ssh://{host}"));
                screen.say(&format!("{name}  {}", screen.paint("33", &why.message)));
            }
        }
    }
    if args.all {
        for other in &others {
            show(other, &Probed::Not, screen);
        }
    }
    for known in recent() {
        let event = json!({"event": "network", "address": known.address, "used": known.used});
        screen.event(&event);
        let address = screen.paint("1", &known.address);
        screen.say(&format!("{address}  in the network, used before"));
    }
    screen.event(&json!({"event": "devices", "count": count}));
    if count == 0 {
        screen.say("no board found: plug one in with a cable that carries data");
        if !args.all && !others.is_empty() {
            let ports = if others.len() == 1 {
                "1 other port is"
            } else {
                "other ports are"
            };
            screen.say(&format!("{ports} there: boardside devices --all"));
        }
    }
    Ok(Exit::Done)
}

/// Asks one board. Only Ctrl-C is an error here: a board that does not answer is a line of the list.
async fn probe(board: &Seen, global: &Global, screen: &mut Screen) -> Result<Probed, Failure> {
    let target = Target {
        device: Some(board.found.address.clone()),
        ..link::target_here(global)
    };
    let asked = link::with_board(&target, screen, async |connection, _| {
        let facts = connection.board.facts().await?;
        Ok::<_, Failure>((facts, installed(&mut connection.board).await?))
    })
    .await;
    match asked {
        Ok((facts, there)) => Ok(Probed::Answered {
            package: there.and_then(|(name, installed)| Some((name, installed?.to_string()))),
            name: facts.name,
            version: facts.version,
            unique_id: facts.unique_id,
        }),
        Err(failure) if failure.0.exit == Exit::Cancelled => Err(failure),
        Err(failure) => Ok(Probed::Failed(failure)),
    }
}

/// A board of another machine.
pub(super) fn show_there(host: &str, there: &There, screen: &mut Screen) {
    // What is short is enough, where it is enough.
    let address = format!("ssh://{host}/{}", there.name);
    let firmware = there.firmware.as_ref();
    let unique_id = firmware.map(|said| &said.unique_id).filter(|id| !id.is_empty());
    screen.event(&json!({
        "event": "device", "address": address, "id": there.id, "product": there.product,
        "host": host, "there": there.address, "state": there.state,
        "firmware": firmware.map(|said| json!({
            "name": said.name, "version": said.version, "unique_id": unique_id,
        })),
        "error": there.error.as_ref().map(|why| json!({
            "code": why.code, "message": why.message, "help": why.help,
        })),
    }));
    let mut words = vec![screen.paint("1", &address), there.state.clone()];
    words.extend(there.id.clone());
    words.extend(there.product.clone());
    words.extend(firmware.map(|said| format!("MicroPython {} on {}", said.version, said.name)));
    words.extend(there.error.as_ref().map(|why| screen.paint("33", &why.message)));
    screen.say(&words.join("  "));
}

fn show(seen: &Seen, probed: &Probed, screen: &mut Screen) {
    let found = &seen.found;
    let usb = found.usb.map(|(vid, pid)| format!("{vid:04x}:{pid:04x}"));
    let mut event = json!({
        "event": if seen.why_not.is_some() { "port" } else { "device" },
        "address": found.address, "id": found.id, "product": found.product, "usb": usb, "chip": seen.chip,
    });
    let mut words = vec![screen.paint("1", &found.address)];
    words.extend(found.id.clone());
    words.extend(found.product.clone().or(seen.chip.map(str::to_owned)));
    words.extend(usb.map(|usb| screen.paint("2", &usb)));
    if let Some(why) = seen.why_not {
        event["why_not"] = why.into();
        words.push(format!("not taken for a board: {why}"));
    }
    match probed {
        Probed::Not => {}
        Probed::Answered {
            name,
            version,
            unique_id,
            package,
        } => {
            let id = Some(unique_id).filter(|id| !id.is_empty());
            event["firmware"] = json!({"name": name, "version": version, "unique_id": id});
            words.push(format!("MicroPython {version} on {name}"));
            words.extend(id.map(|id| format!("id:{id}")));
            if let Some((name, version)) = package {
                event["package"] = json!({"name": name, "version": version});
                words.push(format!("{name} {version}"));
            }
        }
        Probed::Failed(Failure(error)) => {
            event["error"] = json!({"code": error.code, "message": error.message, "help": error.help});
            words.push(screen.paint("33", &error.message));
        }
    }
    screen.event(&event);
    screen.say(&words.join("  "));
}

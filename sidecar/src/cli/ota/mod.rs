//! `boardside ota`: releases for boards that update themselves.
//! The words; what each verb does lies beside this file.

mod install;
mod keygen;
mod looking;
mod nginx;
mod publish;
mod serve;
mod snippet;
mod turning;

use std::path::PathBuf;

use clap::Args;
use clap::Subcommand;

use crate::cli::args::Global;
use crate::cli::failure::Failure;
use crate::cli::screen::Screen;
use crate::cli::sync::warn;
use crate::ota::Device;
use crate::ota::Tag;
use crate::session::Exit;
use crate::session::Options;
use crate::session::Project;
use crate::session::releases::Releases;
use crate::session::releases::Said;

const ABOUT: &str = "Devices ask for HOST/PROJECT/version, and then for the files of that version: micropython-ota 1.x \
and 2.x as they are, and the safe client, which `boardside ota install` puts on a board. TARGET is a folder that a web \
server serves (`boardside ota nginx`, for a bench `boardside ota serve`), or s3://BUCKET/PREFIX, gs://BUCKET/PREFIX, \
az://CONTAINER/PREFIX with credentials and endpoint in the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, \
AWS_REGION, AWS_ENDPOINT, AWS_ALLOW_HTTP and the like). All of it may stand in boardside.toml: \
[ota] target, project, layout, key, files, largest, targets, url.";

#[derive(Args, Clone, Debug)]
#[command(after_help = ABOUT)]
pub(super) struct OtaArgs {
    #[command(subcommand)]
    what: What,
}

/// Where releases lie; for every verb.
#[derive(Args, Clone, Debug)]
pub(super) struct Place {
    /// The project's folder
    #[arg(short, long, value_name = "FOLDER", default_value = ".")]
    project: PathBuf,
    /// A folder, s3://BUCKET/PREFIX, gs://… or az://… [default: `ota.target` of the settings]
    #[arg(long, value_name = "TARGET")]
    to: Option<String>,
    /// The project's name in URLs [default: `ota.project`, else `name` of the settings, else the folder's]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// The secret key that signs for the safe client [default: `ota.key` of the settings]
    #[arg(long, value_name = "KEY")]
    key: Option<PathBuf>,
}

#[derive(Clone, Debug, Subcommand)]
enum What {
    /// Put a version of the project there, and make it the one that devices are told
    #[command(disable_version_flag = true, after_help = publish::ABOUT)]
    Publish(publish::PublishArgs),
    /// What devices are told, whether it is whole, and what a publish would change
    #[command(after_help = looking::STATUS)]
    Status(At),
    /// List the versions that are there, the newest first
    List(At),
    /// What differs between two versions; - and + are their lines
    #[command(after_help = "Exit code 0: they are the same, 1: something differs.")]
    Diff {
        /// The older one
        one: Tag,
        /// The newer one
        two: Tag,
        #[command(flatten)]
        place: Place,
    },
    /// Tell devices an older version, after all of its files were read and compared
    #[command(after_help = turning::ROLLBACK)]
    Rollback {
        /// Which [default: the one before the current one]
        #[arg(value_name = "VERSION")]
        tag: Option<Tag>,
        #[command(flatten)]
        place: Place,
    },
    /// Take old versions away; never the current one, nor one that a device is pinned to
    Prune {
        /// So many stay
        #[arg(long, value_name = "N")]
        keep: usize,
        /// Also versions of which something is missing, whatever their age; nobody must be publishing
        #[arg(long)]
        incomplete: bool,
        /// Only say which
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Tell single devices another version than the others: canaries
    #[command(after_help = turning::PIN)]
    Pin {
        /// Which; more than one with commas
        #[arg(value_name = "DEVICE", value_delimiter = ',', required = true)]
        devices: Vec<Device>,
        /// Which version
        #[arg(value_name = "VERSION")]
        tag: Tag,
        #[command(flatten)]
        place: Place,
    },
    /// Tell everybody the version of the canaries
    Promote {
        /// Which, if they have several
        #[arg(value_name = "VERSION")]
        tag: Option<Tag>,
        #[command(flatten)]
        place: Place,
    },
    /// Let the canaries follow the others again
    Abort {
        /// Only these
        #[arg(value_name = "DEVICE")]
        devices: Vec<Device>,
        #[command(flatten)]
        place: Place,
    },
    /// Print the configuration of nginx that serves the target
    #[command(after_help = nginx::ABOUT)]
    Nginx(nginx::NginxArgs),
    /// Serve a folder of releases, and show which device asks for what
    #[command(after_help = serve::ABOUT)]
    Serve(serve::ServeArgs),
    /// Make a key that signs releases for the safe client
    #[command(after_help = keygen::ABOUT)]
    Keygen(keygen::KeygenArgs),
    /// Put the safe client on a board, by any kind of connection
    #[command(after_help = install::ABOUT)]
    Install(Box<install::InstallArgs>),
    /// Print the lines of boot.py by which a device updates itself from here
    Snippet(snippet::SnippetArgs),
}

/// A verb about one project.
#[derive(Args, Clone, Debug)]
pub(super) struct At {
    /// The project's folder
    #[arg(value_name = "PROJECT")]
    folder: Option<PathBuf>,
    #[command(flatten)]
    place: Place,
}

impl At {
    fn place(&self) -> Place {
        let project = self.folder.clone();
        Place {
            project: project.unwrap_or_else(|| self.place.project.clone()),
            ..self.place.clone()
        }
    }
}

impl Place {
    fn said(&self) -> Said {
        Said {
            target: self.to.clone(),
            name: self.name.clone(),
            key: self.key.clone(),
            ..Said::default()
        }
    }

    fn project(&self, screen: &mut Screen) -> Result<Project, Failure> {
        let project = Project::open(&self.project, &Options::default())?;
        warn(&project, screen);
        Ok(project)
    }

    fn open(&self, screen: &mut Screen) -> Result<(Project, Releases), Failure> {
        let project = self.project(screen)?;
        let releases = Releases::open(&project.goal.folder, &project.goal.settings, &self.said())?;
        Ok((project, releases))
    }
}

pub(super) async fn run(global: &Global, args: OtaArgs, screen: &mut Screen) -> Result<Exit, Failure> {
    match args.what {
        What::Publish(args) => publish::run(&args, screen).await,
        What::Status(at) => looking::status(&at.place(), screen).await,
        What::List(at) => looking::list(&at.place(), screen).await,
        What::Diff { one, two, place } => looking::diff(&one, &two, &place, screen).await,
        What::Rollback { tag, place } => turning::rollback(tag.as_ref(), &place, screen).await,
        What::Prune {
            keep,
            incomplete,
            dry_run,
            place,
        } => turning::prune(keep, incomplete, dry_run, &place, screen).await,
        What::Pin { devices, tag, place } => turning::pin(&devices, &tag, &place, screen).await,
        What::Promote { tag, place } => turning::promote(tag.as_ref(), &place, screen).await,
        What::Abort { devices, place } => turning::abort(&devices, &place, screen).await,
        What::Nginx(args) => nginx::run(&args, screen),
        What::Serve(args) => serve::run(&args, screen).await,
        What::Keygen(args) => keygen::run(&args, screen),
        What::Install(args) => install::run(global, &args, screen).await,
        What::Snippet(args) => snippet::run(&args, screen),
    }
}

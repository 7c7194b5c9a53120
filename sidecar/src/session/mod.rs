//! One workspace: settings, which board, which wire, and words for every error.
//! The only room that names every wire; never prints.

mod by_files;
mod connect;
/// A terminal on one side, a board on the other.
pub mod console;
/// Boards of other machines.
pub mod distant;
/// What is wrong with a board, and what to do.
pub mod doctor;
mod explain;
mod files;
mod goal;
/// Passwords in the system's keychain.
pub mod keychain;
mod landing;
/// A board kept open for an editor.
pub mod live;
mod micropico;
mod opening;
mod options;
/// Packages in files of this machine.
pub mod packages;
/// Passwords of addresses.
pub mod passwords;
mod plugged_in;
mod project;
mod pulling;
mod pymakr;
mod recent;
mod reconnect;
/// Releases of a project, for boards that update themselves.
pub mod releases;
/// Boards of this machine for another one.
pub mod served;
mod settings;
/// Errors of programs, read from what a board prints.
pub mod traceback;
/// Virtual boards, for rooms that may not enter `virtual_board`.
#[cfg(target_os = "linux")]
pub mod virtual_boards;
mod watched;
/// A package on its way to a board.
pub mod writing;

pub use crate::wire::Address;
pub use crate::wire::Secret;
pub use by_files::NO_TRANSACTION;
pub use by_files::REMOVES_FIRST;
pub use connect::Choice;
pub use connect::ConnectError;
pub use connect::Connection;
pub use connect::Reset;
pub use connect::Target;
pub use connect::choose;
pub use connect::connect;
pub use explain::Exit;
pub use explain::Explain;
pub use explain::Explained;
pub use files::Files;
pub use files::FilesError;
pub use files::by_ftp;
pub use goal::AfterDone;
pub use goal::Goal;
pub use goal::RELEASE_RUNS;
pub use landing::CASE_BLIND;
pub use landing::LandError;
pub use landing::PullError;
pub use landing::here;
pub use landing::host_path;
pub use landing::land;
pub use landing::lies_within;
pub use micropico::import as import_micropico;
pub use options::After;
pub use options::AfterError;
pub use options::Options;
pub use options::OptionsError;
pub use options::PackageOptions;
pub use plugged_in::Found;
pub use plugged_in::Seen;
pub use plugged_in::found;
pub use plugged_in::ports;
pub use project::Project;
pub use project::ProjectError;
pub use pulling::Fetched;
pub use pulling::PullRow;
pub use pulling::Pulling;
pub use pulling::PullingError;
pub use pymakr::import;
pub use recent::Recent;
pub use recent::drop_recent;
pub use recent::recent;
pub use reconnect::Home;
pub use reconnect::gone;
pub use reconnect::reconnect;
pub use settings::Loaded;
pub use settings::Settings;
pub use settings::SettingsError;
pub use settings::SettingsWarning;
pub use settings::load;
pub use settings::resolve;
pub use watched::Changed;
pub use watched::Look;
pub use watched::Watched;
pub use watched::WatchedError;

//! One workspace: settings, which board, which wire, and words for every error.
//! The only room that names every wire.

mod options;
mod pymakr;
mod settings;

pub use options::After;
pub use options::AfterError;
pub use options::Options;
pub use options::OptionsError;
pub use pymakr::import;
pub use settings::Loaded;
pub use settings::Settings;
pub use settings::SettingsError;
pub use settings::SettingsWarning;
pub use settings::load;
pub use settings::resolve;

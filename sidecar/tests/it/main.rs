//! The one integration-test binary. Each module is a chapter; test names are sentences.

mod architecture;

//! The languages with a suite, and whether this machine can run them.

use clap::ValueEnum;

use crate::command::runs;

/// A folder in `compat/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    /// nacos-client 2.x and 3.x, and one Spring Cloud Alibaba application
    Java,
    /// nacos-sdk-go/v2
    Go,
    /// nacos-sdk-python 3.x (gRPC) and 2.0.x (HTTP)
    Python,
    /// nacos for Node.js (HTTP)
    Node,
    /// nacos-sdk
    Rust,
}

impl Language {
    /// The name of the folder, and the word on the command line.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Java => "java",
            Self::Go => "go",
            Self::Python => "python",
            Self::Node => "node",
            Self::Rust => "rust",
        }
    }

    /// The first program of its toolchain that does not run here.
    pub(crate) fn missing_tool(self) -> Option<&'static str> {
        self.tools().iter().find(|(tool, ask)| !runs(tool, ask)).map(|(tool, _)| *tool)
    }

    /// The programs a suite needs, each with the argument that makes it print its version.
    const fn tools(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Java => &[("java", "-version"), ("mvn", "--version")],
            Self::Go => &[("go", "version")],
            Self::Python => &[("python3", "--version")],
            Self::Node => &[("node", "--version"), ("npm", "--version")],
            Self::Rust => &[("cargo", "--version")],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_toolchain_that_is_here_is_not_missing() {
        assert_eq!(Language::Rust.missing_tool(), None);
    }
}

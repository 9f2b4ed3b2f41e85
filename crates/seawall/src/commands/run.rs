//! `seawall dev` and `seawall server`.

use confique::Layer as _;

use crate::{
    cli::RunArgs,
    exit::Failure,
    node::{self, Mode},
    settings::{self, Layer},
};

pub(super) fn dev(args: RunArgs) -> Result<(), Failure> {
    run(Mode::Dev, args, settings::dev_defaults())
}

pub(super) fn server(args: RunArgs) -> Result<(), Failure> {
    run(Mode::Server, args, Layer::empty())
}

fn run(mode: Mode, args: RunArgs, defaults: Layer) -> Result<(), Failure> {
    let settings = settings::load(args.config.as_deref(), args.settings, defaults)?;
    node::run(mode, &settings)
}

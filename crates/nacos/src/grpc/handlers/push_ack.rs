//! `PushAckRequest`: the first 2.0 clients confirmed pushes by a call of its own.

use serde::Deserialize;

use crate::{
    grpc::{call::Call, connection::AnswerTo, failure::Failure, kind::Kind, reply::Message},
    wire::Text,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PushAck<'a> {
    #[serde(borrow, default)]
    request_id: Option<Text<'a>>,
    #[serde(default)]
    success: Option<bool>,
}

pub(super) fn handle(call: &Call<'_>) -> Result<Message, Failure> {
    let ack: PushAck<'_> = call.read()?;
    let success = ack.success.unwrap_or(true);
    let registry = &call.nacos.registry;
    match AnswerTo::of(ack.request_id.as_deref().unwrap_or_default()) {
        AnswerTo::Registry(push) if success => registry.acknowledge(&call.link.client, push),
        AnswerTo::Registry(push) => registry.reject(&call.link.client, push),
        AnswerTo::News(number) => call.link.answered(number, success),
        AnswerTo::Question(_) | AnswerTo::Nothing => {}
    }
    Ok(Message::done(Kind::PushAck.response()))
}

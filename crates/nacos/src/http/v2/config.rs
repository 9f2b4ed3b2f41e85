//! `/v2/cs`: configuration.

use seawall_identity::{
    Action::{Read, Write},
    Entrance::Client,
};

use crate::{
    Point,
    http::{
        body::BodyMax,
        forms::{config, config_raw, history},
        generation::Generation::V2,
        ops::{
            config::{get, publish, remove, search},
            history as past,
        },
        reply::Reply,
        route::Route,
    },
};

const ITEM: &str = "/v2/cs/config";

pub(super) fn routes() -> Vec<Route> {
    [items(), histories()].concat()
}

fn items() -> Vec<Route> {
    vec![
        V2.get(ITEM, "Read an item as a client does")
            .config(Client, Read)
            .point(Point::ConfigQuery)
            .takes("dataId! group! namespaceId tag")
            .to(get::Get::read, get::get, config_raw::wrapped),
        V2.post(ITEM, "Publish an item, or a gray release of it")
            .config(Client, Write)
            .point(Point::ConfigPublish)
            .takes(
                "dataId! group! namespaceId content! tag grayName grayRuleExp grayPriority \
                 appName srcUser configTags desc use effect type schema encryptedDataKey",
            )
            .body(BodyMax::CONTENT)
            .to(publish::read, publish::publish, Reply::result_yes),
        V2.delete(ITEM, "Remove an item, or a gray release of it")
            .config(Client, Write)
            .point(Point::ConfigRemove)
            .takes("dataId! group! namespaceId tag grayName")
            .to(remove::Remove::read, remove::remove, Reply::result_yes),
        V2.get("/v2/cs/config/searchDetail", "Find items by names and by their contents")
            .config_items(Client)
            .takes(
                "dataId group appName tenant config_tags config_detail! search pageNo! pageSize!",
            )
            .to(search::Find::read_detail, search::find_if_allowed, config::bare_page),
    ]
}

fn histories() -> Vec<Route> {
    vec![
        V2.get("/v2/cs/history/list", "List the changes of an item")
            .config(Client, Read)
            .takes("dataId! group! namespaceId pageNo pageSize")
            .to(past::list::List::read, past::list::list, history::wrapped_page),
        V2.get("/v2/cs/history", "Read one change")
            .config(Client, Read)
            .takes("dataId! group! namespaceId nid!")
            .to(past::detail::Which::read_nid, past::detail::detail, history::wrapped),
        V2.get("/v2/cs/history/detail", "Read one change with what it made of the content")
            .config(Client, Read)
            .takes("dataId! group! namespaceId nid!")
            .to(past::detail::Which::read_nid, past::diff::compare, history::compared),
        V2.get("/v2/cs/history/previous", "Read the change before one")
            .config(Client, Read)
            .takes("dataId! group! namespaceId id!")
            .to(past::detail::Which::read_id, past::detail::previous, history::wrapped),
        V2.get("/v2/cs/history/configs", "List the items of a namespace")
            .config(Client, Read)
            .takes("namespaceId!")
            .to(past::namespace::read, past::namespace::items, |metas| {
                Reply::result(config::old_items(metas))
            }),
    ]
}

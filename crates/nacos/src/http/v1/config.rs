//! `/v1/cs`: configuration.

use seawall_config::QuotaScope;
use seawall_identity::{
    Action::{Read, Write},
    Entrance::{Client, Console},
};

use crate::{
    Point,
    http::{
        body::BodyMax,
        forms::{config, config_raw, history, import, listeners, node},
        generation::Generation::V1,
        ops::{
            capacity,
            config::{
                archive, cached, clone, detail, get, gray, listen, listeners as listening, publish,
                remove, search,
            },
            history as past, node as this,
        },
        reply::Reply,
        route::{Route, nothing},
    },
};

const ITEMS: &str = "/v1/cs/configs";

pub(super) fn routes() -> Vec<Route> {
    [items(), searches(), archives(), listening_routes(), histories(), capacities(), operations()]
        .concat()
}

fn items() -> Vec<Route> {
    vec![
        V1.get(ITEMS, "Read an item as a client does")
            .config(Client, Read)
            .point(Point::ConfigQuery)
            .takes("dataId! group! tenant tag")
            .to(get::Get::read, get::get, config_raw::raw),
        V1.get(ITEMS, "Read everything about an item")
            .when("show", "all")
            .config(Client, Read)
            .takes("dataId! group! tenant")
            .to(detail::read, detail::find, config::all),
        V1.get(ITEMS, "Read the beta release of an item")
            .when("beta", "true")
            .config(Client, Read)
            .takes("dataId! group! tenant")
            .to(detail::read, gray::find_beta, config::beta),
        V1.post(ITEMS, "Publish an item, or a gray release of it")
            .config(Client, Write)
            .point(Point::ConfigPublish)
            .takes(
                "dataId! group! tenant content! tag grayName grayRuleExp grayPriority appName \
                 src_user config_tags desc use effect type schema encryptedDataKey",
            )
            .body(BodyMax::CONTENT)
            .to(publish::read, publish::publish, Reply::yes),
        V1.delete(ITEMS, "Remove an item, or a gray release of it")
            .config(Client, Write)
            .point(Point::ConfigRemove)
            .takes("dataId! group! tenant tag grayName")
            .to(remove::Remove::read, remove::remove, Reply::yes),
        V1.delete(ITEMS, "Remove the beta release of an item")
            .when("beta", "true")
            .config(Client, Write)
            .takes("dataId! group! tenant")
            .to(remove::Remove::read_beta, remove::remove, |()| {
                Reply::rest(Some("stop beta ok"), true)
            }),
        V1.delete(ITEMS, "Remove items by their numbers")
            .when("delType", "ids")
            .config_items(Client)
            .takes("ids!")
            .to(remove::RemoveMany::read, remove::remove_many, |()| Reply::rest(None, true)),
        V1.get("/v1/cs/configs/catalog", "Read what is written about an item")
            .config(Client, Read)
            .takes("dataId! group! tenant")
            .to(detail::read, detail::meta, config::catalog),
    ]
}

fn searches() -> Vec<Route> {
    vec![
        V1.get(ITEMS, "Find items by exact names")
            .when("search", "accurate")
            .config(Client, Read)
            .takes("dataId group appName tenant config_tags pageNo! pageSize!")
            .to(search::Find::read_accurate, search::find, config::bare_page),
        V1.get(ITEMS, "Find items by names with `*`")
            .when("search", "blur")
            .config(Client, Read)
            .takes("dataId group appName tenant config_tags types pageNo! pageSize!")
            .to(search::Find::read_blur, search::find, config::bare_page),
    ]
}

fn archives() -> Vec<Route> {
    vec![
        V1.get(ITEMS, "Export items as a zip in the form of Nacos 1")
            .when("export", "true")
            .config_items(Client)
            .takes("dataId group appName tenant ids")
            .to(archive::Exporting::read_v1, archive::export, import::zip),
        V1.get(ITEMS, "Export items as a zip in the form of Nacos 2")
            .when("exportV2", "true")
            .config_items(Client)
            .takes("dataId group appName tenant ids")
            .to(archive::Exporting::read_v2, archive::export, import::zip),
        V1.post(ITEMS, "Import items from a zip, sent as the file of a multipart form")
            .when("import", "true")
            .config_items(Client)
            .takes("namespace policy src_user")
            .body(BodyMax::ARCHIVE)
            .to(archive::Importing::read_v1, archive::take_in, import::rest_import),
        V1.post(ITEMS, "Copy items, named in a JSON body, into a namespace")
            .when("clone", "true")
            .config_items(Client)
            .takes("tenant! policy src_user")
            .body(BodyMax::LIST)
            .to(clone::Cloning::read, clone::clone, import::rest_clone),
    ]
}

fn listening_routes() -> Vec<Route> {
    vec![
        V1.post("/v1/cs/configs/listener", "Wait until one of many items changes")
            .config_items(Client)
            .point(Point::ConfigListen)
            .takes("Listening-Configs! tenant")
            .body(BodyMax::LIST)
            .to(listen::Poll::read, listen::poll, listeners::poll),
        V1.get("/v1/cs/configs/listener", "See who listens to an item")
            .config(Client, Read)
            .takes("dataId! group! tenant sampleTime")
            .to(detail::read, listening::of_item, listeners::old_of_item),
        V1.get("/v1/cs/listener", "See what an address listens to")
            .config_items(Client)
            .takes("ip! all tenant sampleTime")
            .to(listening::ByAddress::read, listening::by_address, listeners::old_of_address),
        V1.get("/v1/cs/communication/configWatchers", "See who listens to an item on this node")
            .config(Client, Read)
            .takes("dataId! group! tenant")
            .to(detail::read, listening::of_item, listeners::watchers),
        V1.get(
            "/v1/cs/communication/watcherConfigs",
            "See what an address listens to on this node",
        )
        .config_items(Client)
        .takes("ip!")
        .to(
            listening::ByAddress::read_everywhere,
            listening::by_address,
            listeners::watched,
        ),
    ]
}

fn histories() -> Vec<Route> {
    vec![
        V1.get("/v1/cs/history", "List the changes of an item")
            .when("search", "accurate")
            .config(Client, Read)
            .takes("dataId! group! tenant appName pageNo pageSize")
            .to(past::list::List::read, past::list::list, history::bare_page),
        V1.get("/v1/cs/history", "Read one change")
            .config(Client, Read)
            .takes("dataId! group! tenant nid!")
            .to(past::detail::Which::read_nid, past::detail::detail, history::bare),
        V1.get("/v1/cs/history/previous", "Read the change before one")
            .config(Client, Read)
            .takes("dataId! group! tenant id!")
            .to(past::detail::Which::read_id, past::detail::previous, history::bare),
        V1.get("/v1/cs/history/configs", "List the items of a namespace")
            .config(Client, Read)
            .takes("tenant!")
            .to(past::namespace::read, past::namespace::items, |metas| {
                Reply::bare(config::old_items(metas))
            }),
    ]
}

/// Nacos confirms in words.
fn quota_set(scope: QuotaScope) -> Reply {
    let (field, value) = match scope {
        QuotaScope::Namespace(namespace) => ("tenant", namespace.to_string()),
        QuotaScope::Group(_, group) => ("group", group.to_string()),
    };
    let message = format!(
        "successfully updated the capacity information configuration of {field} to {value}"
    );
    Reply::rest(Some(&message), true)
}

fn capacities() -> Vec<Route> {
    vec![
        V1.get("/v1/cs/capacity", "Read a quota and how much of it is used")
            .console("capacity", Read)
            .takes("group tenant")
            .to(capacity::read, capacity::get, node::rest_quota),
        V1.post("/v1/cs/capacity", "Set a quota")
            .console("capacity", Write)
            .takes("group tenant quota maxSize maxAggrCount maxAggrSize")
            .to(capacity::Set::read, capacity::set, quota_set),
    ]
}

fn operations() -> Vec<Route> {
    let asked = |path| {
        V1.get(path, "Ask clients what they have cached of an item")
            .console("metrics", Read)
            .takes("ip! dataId! group! tenant")
            .to(cached::Ask::read, cached::ask, Reply::bare)
    };
    vec![
        V1.get("/v1/cs/health", "Whether everything is loaded").to(
            nothing,
            this::readiness,
            |()| Reply::text("UP"),
        ),
        V1.post("/v1/cs/ops/localCache", "Dump all items to local files")
            .known(Console)
            .not_offered(),
        V1.put("/v1/cs/ops/log", "Set a log level").known(Console).not_offered(),
        V1.get("/v1/cs/ops/derby", "Query the embedded database").known(Console).not_offered(),
        V1.post("/v1/cs/ops/data/removal", "Import into the embedded database")
            .known(Console)
            .not_offered(),
        asked("/v1/cs/metrics/cluster"),
        asked("/v1/cs/metrics/current"),
    ]
}

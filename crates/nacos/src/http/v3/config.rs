//! `/v3/admin/cs`: configuration, administered.

use seawall_identity::{
    Action::{Read, Write},
    Entrance::Console,
};

use crate::{
    Point,
    http::{
        body::BodyMax,
        forms::{config, history, import, listeners, node},
        generation::Generation::V3,
        ops::{
            capacity,
            config::{
                archive, cached, clone, detail, gray, listeners as listening, publish, remove,
                search,
            },
            history as past,
        },
        reply::Reply,
        route::Route,
    },
};

const ITEM: &str = "/v3/admin/cs/config";
const BETA: &str = "/v3/admin/cs/config/beta";
const GRAY: &str = "/v3/admin/cs/config/gray";
const CAPACITY: &str = "/v3/admin/cs/capacity";

pub(super) fn routes() -> Vec<Route> {
    [items(), grays(), many_items(), histories(), others()].concat()
}

fn items() -> Vec<Route> {
    let named = "dataId! groupName! namespaceId";
    vec![
        V3.get(ITEM, "Read everything about an item")
            .config(Console, Read)
            .point(Point::ConfigQuery)
            .takes(named)
            .to(detail::read, detail::detail, config::detail),
        V3.post(ITEM, "Publish an item, or a gray release of it")
            .config(Console, Write)
            .point(Point::ConfigPublish)
            .takes(
                "dataId! groupName! namespaceId content! tag grayName grayRuleExp grayPriority \
                 appName srcUser configTags desc use effect type schema encryptedDataKey",
            )
            .body(BodyMax::CONTENT)
            .to(publish::read, publish::publish, Reply::result_yes),
        V3.delete(ITEM, "Remove an item, or a gray release of it")
            .config(Console, Write)
            .point(Point::ConfigRemove)
            .takes("dataId! groupName! namespaceId tag grayName")
            .to(remove::Remove::read, remove::remove, Reply::result_yes),
        V3.get("/v3/admin/cs/config/listener", "See who listens to an item")
            .config(Console, Read)
            .takes("dataId! groupName! namespaceId aggregation")
            .to(detail::read, listening::of_item, listeners::of_item),
    ]
}

fn grays() -> Vec<Route> {
    let named = "dataId! groupName! namespaceId";
    vec![
        V3.get(BETA, "Read the beta release of an item").config(Console, Read).takes(named).to(
            detail::read,
            gray::beta,
            config::gray_detail,
        ),
        V3.delete(BETA, "Remove the beta release of an item")
            .config(Console, Write)
            .takes(named)
            .to(remove::Remove::read_beta, remove::remove, Reply::result_yes),
        V3.get("/v3/admin/cs/config/gray/list", "List the gray releases of an item")
            .config(Console, Read)
            .takes(named)
            .to(detail::read, gray::list, config::grays),
        V3.get(GRAY, "Read a gray release of an item")
            .config(Console, Read)
            .takes("dataId! groupName! namespaceId grayName!")
            .to(gray::Which::read, gray::find, config::gray_detail),
        V3.put(GRAY, "Change whom a gray release is for; its content stays")
            .config(Console, Write)
            .point(Point::ConfigPublish)
            .takes("dataId! groupName! namespaceId grayName! grayRuleExp! grayPriority srcUser")
            .to(gray::Rule::read, gray::set_rule, Reply::result_yes),
        V3.delete(GRAY, "Remove a gray release of an item")
            .config(Console, Write)
            .point(Point::ConfigRemove)
            .takes("dataId! groupName! namespaceId grayName!")
            .to(remove::Remove::read_gray, remove::remove, Reply::result_yes),
    ]
}

fn many_items() -> Vec<Route> {
    vec![
        V3.delete("/v3/admin/cs/config/batch", "Remove items by their numbers")
            .config_items(Console)
            .takes("ids!")
            .to(remove::RemoveMany::read, remove::remove_many, Reply::result_yes),
        V3.get("/v3/admin/cs/config/list", "Find items by names and by their contents")
            .config(Console, Read)
            .takes(
                "dataId groupName namespaceId appName configTags type configDetail search pageNo \
                 pageSize",
            )
            .to(search::Find::read_list, search::find, config::result_page),
        V3.get("/v3/admin/cs/config/export", "Export items as a zip")
            .config_items(Console)
            .takes("dataId groupName namespaceId appName ids")
            .to(archive::Exporting::read_v2, archive::export, import::zip),
        V3.post(
            "/v3/admin/cs/config/import",
            "Import items from a zip, sent as the file of a multipart form",
        )
        .config_items(Console)
        .takes("namespaceId policy src_user")
        .body(BodyMax::ARCHIVE)
        .to(archive::Importing::read_v3, archive::take_in, import::result),
        V3.post("/v3/admin/cs/config/clone", "Copy items, named in a JSON body, into a namespace")
            .config_items(Console)
            .takes("namespaceId! policy src_user")
            .body(BodyMax::LIST)
            .to(clone::Cloning::read, clone::clone, import::result),
    ]
}

fn histories() -> Vec<Route> {
    vec![
        V3.get("/v3/admin/cs/history/list", "List the changes of an item")
            .config(Console, Read)
            .takes("dataId! groupName! namespaceId pageNo pageSize")
            .to(past::list::List::read, past::list::list, history::result_page),
        V3.get("/v3/admin/cs/history", "Read one change")
            .config(Console, Read)
            .takes("dataId! groupName! namespaceId nid!")
            .to(past::detail::Which::read_nid, past::detail::detail, history::result),
        V3.get("/v3/admin/cs/history/previous", "Read the change before one")
            .config(Console, Read)
            .takes("dataId! groupName! namespaceId id!")
            .to(past::detail::Which::read_id, past::detail::previous, history::result),
        V3.get("/v3/admin/cs/history/diff", "Read what one change made of the content")
            .config(Console, Read)
            .takes("dataId! groupName! namespaceId nid!")
            .to(past::detail::Which::read_nid, past::diff::compare, history::result_diff),
        V3.post(
            "/v3/admin/cs/history/rollback",
            "Undo one change and all later ones; what was there before is current again",
        )
        .config(Console, Write)
        .point(Point::ConfigPublish)
        .takes("dataId! groupName! namespaceId nid! srcUser")
        .to(past::rollback::Rollback::read, past::rollback::rollback, Reply::result_yes),
        V3.get("/v3/admin/cs/history/configs", "List the items of a namespace")
            .config(Console, Read)
            .takes("namespaceId!")
            .to(past::namespace::read, past::namespace::items, |metas| {
                Reply::result(config::items(metas))
            }),
    ]
}

fn others() -> Vec<Route> {
    let asked = |path| {
        V3.get(path, "Ask clients what they have cached of an item")
            .console("metrics", Read)
            .takes("ip! dataId! groupName! namespaceId")
            .to(cached::Ask::read, cached::ask, Reply::result)
    };
    vec![
        V3.get("/v3/admin/cs/listener", "See what an address listens to")
            .config_items(Console)
            .takes("ip! all namespaceId aggregation")
            .to(listening::ByAddress::read, listening::by_address, listeners::of_address),
        V3.get(CAPACITY, "Read a quota and how much of it is used")
            .console("capacity", Read)
            .takes("groupName namespaceId")
            .to(capacity::read, capacity::get, node::result_quota),
        V3.post(CAPACITY, "Set a quota")
            .console("capacity", Write)
            .takes("groupName namespaceId quota maxSize maxAggrCount maxAggrSize")
            .to(capacity::Set::read, capacity::set, Reply::result_yes),
        asked("/v3/admin/cs/metrics/cluster"),
        asked("/v3/admin/cs/metrics/ip"),
        V3.post("/v3/admin/cs/ops/localCache", "Dump all items to local files")
            .known(Console)
            .not_offered(),
        V3.put("/v3/admin/cs/ops/log", "Set a log level").known(Console).not_offered(),
        V3.get("/v3/admin/cs/ops/derby", "Query the embedded database")
            .known(Console)
            .not_offered(),
        V3.post("/v3/admin/cs/ops/derby/import", "Import into the embedded database")
            .known(Console)
            .not_offered(),
    ]
}

//! How large a body a node takes.

use crate::{
    node::Node,
    web::{blocking, http},
};

#[test]
fn a_zip_may_be_larger_than_a_form() {
    let node = Node::dev(&[]);
    let mut form = b"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.zip\"\r\n\
        Content-Type: application/zip\r\n\r\n"
        .to_vec();
    form.resize(form.len() + (40 << 20), b'0');
    form.extend_from_slice(b"\r\n--x--\r\n");
    let import = http()
        .post(format!("{}/nacos/v1/cs/configs?import=true", node.address()))
        .header("content-type", "multipart/form-data; boundary=x")
        .body(form);
    let answer = blocking(import);
    assert!(answer.contains("zip"), "read to its end, and found to be no zip: {answer}");
}

#[test]
fn behind_a_trusted_proxy_the_client_is_whom_the_proxy_names() {
    let publish = |node: &Node| {
        let url = format!("{}/nacos/v1/cs/configs", node.address());
        let read = || http().get(&url).query(&[("dataId", "d"), ("group", "G")]);
        let form =
            |content: &str| [("dataId", "d"), ("group", "G"), ("content", content)].map(owned);
        let all = blocking(http().post(&url).form(&form("for all")));
        assert!(all.ends_with("true"), "{all}");
        let some = http().post(&url).form(&form("for some")).header("betaIps", "10.9.8.7");
        assert!(blocking(some).ends_with("true"));
        blocking(read().header("x-forwarded-for", "10.9.8.7"))
    };
    let trusting = Node::dev(&["--trusted-proxies", "127.0.0.1,10.0.0.1"]);
    assert!(publish(&trusting).ends_with("for some"));
    let wary = Node::dev(&[]);
    assert!(publish(&wary).ends_with("for all"));
}

fn owned(pair: (&str, &str)) -> (String, String) {
    (pair.0.to_owned(), pair.1.to_owned())
}

use seawall_topology::Selector;

use super::quay::*;
use crate::*;

async fn names(quay: &Quay, tenant: Option<&str>, selector: &str, limit: usize) -> Vec<String> {
    let kind: Kind = "Boat".parse().unwrap();
    let selector: Selector = selector.parse().unwrap();
    let tenant = tenant.map(|tenant| tenant.parse().unwrap());
    let (mut after, mut names) = (None, Vec::new());
    loop {
        let request = ListRequest {
            kind: &kind,
            tenant: tenant.as_ref(),
            selector: &selector,
            after: after.as_ref(),
            limit,
        };
        let page = quay.objects.list(&request).await.unwrap();
        assert!(page.objects.len() <= limit);
        names.extend(page.objects.iter().map(|o| format!("{}/{}", o.id.tenant, o.id.name)));
        after = page.next;
        if after.is_none() {
            return names;
        }
    }
}

#[tokio::test]
async fn objects_are_listed_by_tenant_and_label_a_page_at_a_time() {
    let quay = Quay::new();
    for (tenant, name, berth) in
        [("default", "gull", "a"), ("default", "tern", "b"), ("harbour", "auk", "a")]
    {
        let text = format!(
            "{{kind: Boat, tenant: {tenant}, name: {name}, labels: {{berth: {berth}}}, spec: {{length: 1}}}}"
        );
        quay.objects.apply(&yaml(&text), DryRun::No, "ann").await.unwrap();
    }
    for limit in [1, 2, 3, 100] {
        let all = names(&quay, None, "", limit).await;
        assert_eq!(all, ["default/gull", "default/tern", "harbour/auk"], "{limit}");
        assert_eq!(names(&quay, Some("harbour"), "", limit).await, ["harbour/auk"]);
        let berthed = names(&quay, None, "berth = a", limit).await;
        assert_eq!(berthed, ["default/gull", "harbour/auk"]);
        assert!(names(&quay, Some("none"), "", limit).await.is_empty());
    }
}

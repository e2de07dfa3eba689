//! SBC gateways and PBX types.

use reqwest::Method;

use crate::world::World;

/// R075 The caller's own gateways, as the source has them; nobody else's, and none without a credential.
#[tokio::test]
async fn gateways_are_listed() {
    let world = World::new().await;
    let listed = world.provider(Method::GET, "/v1/sbc-gateways", None).await.json();
    let first = &listed.as_array().unwrap()[0];
    assert!(first["sbcGatewayId"].is_u64() && first["sbcGatewayRegion"].is_string());
    assert_eq!(first.as_object().unwrap().len(), 2, "nothing but the two documented fields");
    assert_eq!(world.call(Method::GET, "/v1/sbc-gateways").send().await.unwrap().status(), 401);
}

/// R075, R077 The paths that existing clients use answer the same, for the caller's own number only.
#[tokio::test]
async fn the_aliases_answer_the_same_for_the_callers_own_number() {
    let world = World::new().await;
    let own = world.reseller_id();
    let alias = |id: u64| {
        [
            (format!("/reseller/getAvailableSBCGatewayRegionsByResellerId/{id}"), "/v1/sbc-gateways"),
            (format!("/pbx/getPBXTypesByResellerId?resellerId={id}"), "/v1/pbx-types"),
        ]
    };
    for (path, own_path) in alias(own.get()) {
        let by_alias = world.provider(Method::GET, &path, None).await;
        assert_eq!(by_alias.text, world.provider(Method::GET, own_path, None).await.text);
    }
    for (path, _) in alias(own.get() + 1) {
        assert_eq!(world.provider(Method::GET, &path, None).await.status, 404, "{path}");
    }
}

/// R077 PBX types have the six documented fields.
#[tokio::test]
async fn pbx_types_are_listed() {
    let world = World::new().await;
    let listed = world.provider(Method::GET, "/v1/pbx-types", None).await.json();
    for kind in listed.as_array().unwrap() {
        let mut fields: Vec<&str> = kind.as_object().unwrap().keys().map(String::as_str).collect();
        fields.sort_unstable();
        assert_eq!(fields, ["hostingType", "id", "isDefault", "isDisabled", "pbxLabel", "pbxName"]);
    }
}

/// R076 The query string of an alias is read like every other: what nobody takes, a parameter twice, and a broken escape are
/// refused.
#[tokio::test]
async fn the_query_of_an_alias_is_read_strictly() {
    let world = World::new().await;
    let path = format!("/pbx/getPBXTypesByResellerId?resellerId={}", world.reseller_id());
    assert_eq!(world.provider(Method::GET, &path, None).await.status, 200);
    for (more, status, code) in [
        ("&foo=1", 422, "invalid_query"),
        (&format!("&resellerId={}", world.reseller_id()), 400, "unparseable_query"),
        ("&x=%zz", 400, "unparseable_query"),
    ] {
        let refused = world.provider(Method::GET, &format!("{path}{more}"), None).await;
        assert_eq!((refused.problem().0, refused.problem().1.as_str()), (status, code), "{more}");
    }
}

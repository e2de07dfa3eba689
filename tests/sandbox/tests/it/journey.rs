//! The whole way, as `onboarding-sandbox demo` goes it.

use onboarding_sandbox::demo;

#[tokio::test]
async fn the_demo_goes_the_whole_way() {
    let mut report = Vec::new();
    demo::run(&mut report).await.unwrap();
    let report = String::from_utf8(report).unwrap();
    assert_eq!(report.lines().count(), 21, "{report}");
    for step in ["finalize: a live call to Partner Center, and ready", "admin_agent_role_missing"] {
        assert!(report.contains(step), "{step}: {report}");
    }
    assert!(report.contains("catch the webhook with its signature verified"), "{report}");
}

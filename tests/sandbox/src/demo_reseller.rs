//! The service provider that every sandbox has from the start, and what it and any new one can give its enterprises.

use onboarding_core::catalogue::Catalogue;
use onboarding_core::reseller::Reseller;
use onboarding_core::time::Timestamp;
use serde_json::json;

use crate::Error;

/// Its number.
pub const ID: u64 = 54;

/// A PBX type of its that is in use.
pub const PBX_TYPE: u64 = 1234;
/// An SBC gateway of its.
pub const SBC_GATEWAY: u64 = 5678;

/// A host that passes every rule; nobody answers there.
pub const STRICT_HOST: &str = "hooks.example.com";
/// The hosts of the receiver, for sandboxes with insecure redirects.
pub const LOOPBACK_HOSTS: [&str; 2] = ["127.0.0.1", "localhost"];

/// The provider.
pub(crate) fn reseller(insecure_redirects: bool, now: Timestamp) -> Result<Reseller, Error> {
    let hosts: &[&str] = if insecure_redirects { &LOOPBACK_HOSTS } else { &[STRICT_HOST] };
    let reseller = json!({
        "id": ID, "name": "Acme Voice", "redirectHosts": hosts, "eventsUrl": null, "status": "active",
        "tokenMode": "handles", "createdAt": now
    });
    Ok(serde_json::from_value(reseller)?)
}

/// Two SBC gateways, a PBX type in use and one that is disabled (K9).
pub(crate) fn catalogue() -> Result<Catalogue, Error> {
    let catalogue = json!({
        "sbcGateways": [
            {"sbcGatewayId": SBC_GATEWAY, "sbcGatewayRegion": "US-East"},
            {"sbcGatewayId": 5679, "sbcGatewayRegion": "EU-West"}
        ],
        "pbxTypes": [
            {"id": PBX_TYPE, "pbxName": "AcmePBX", "pbxLabel": "Acme Cloud PBX", "isDefault": true, "isDisabled": false,
             "hostingType": "Cloud"},
            {"id": 1235, "pbxName": "AcmeKeySystem", "pbxLabel": "Acme Key System", "isDefault": false,
             "isDisabled": true, "hostingType": "OnPremise"}
        ]
    });
    Ok(serde_json::from_value(catalogue)?)
}

/// The same for a provider that is made later, under ids of its own: those of the demo provider are not known to it
/// (R076).
pub(crate) fn starter_catalogue() -> Result<Catalogue, Error> {
    let catalogue = json!({
        "sbcGateways": [
            {"sbcGatewayId": 6001, "sbcGatewayRegion": "US-East"},
            {"sbcGatewayId": 6002, "sbcGatewayRegion": "EU-West"}
        ],
        "pbxTypes": [
            {"id": 2001, "pbxName": "StarterPBX", "pbxLabel": "Starter Cloud PBX", "isDefault": true,
             "isDisabled": false, "hostingType": "Cloud"},
            {"id": 2002, "pbxName": "StarterKeySystem", "pbxLabel": "Starter Key System", "isDefault": false,
             "isDisabled": true, "hostingType": "OnPremise"}
        ]
    });
    Ok(serde_json::from_value(catalogue)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use onboarding_core::redirect_url::RedirectHost;

    #[test]
    fn the_demo_provider_keeps_to_the_rules() {
        let now = Timestamp::from_seconds(0);
        assert!(reseller(false, now).unwrap().redirect_hosts.iter().all(RedirectHost::is_public_name));
        assert_eq!(reseller(true, now).unwrap().redirect_hosts.len(), 2);
    }

    /// R076
    #[test]
    fn each_catalogue_has_something_of_every_kind_under_ids_of_its_own() {
        let (demo, starter) = (catalogue().unwrap(), starter_catalogue().unwrap());
        for catalogue in [&demo, &starter] {
            assert!(!catalogue.sbc_gateways.is_empty());
            assert!(catalogue.pbx_types.iter().any(|kind| kind.is_default && !kind.is_disabled));
            assert!(catalogue.pbx_types.iter().any(|kind| kind.is_disabled));
        }
        let gateway = |id| starter.sbc_gateways.iter().any(|gateway| gateway.sbc_gateway_id == id);
        assert!(!demo.sbc_gateways.iter().any(|known| gateway(known.sbc_gateway_id)));
        let kind = |id| starter.pbx_types.iter().any(|kind| kind.id == id);
        assert!(!demo.pbx_types.iter().any(|known| kind(known.id)));
    }
}

//! The numbers Nacos gives its refusals on the second and third generation of
//! its HTTP API (`com.alibaba.nacos.api.model.v2.ErrorCode`).

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $text:literal;)*) => {
        /// A result code of the HTTP API, with the words Nacos puts beside it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Code {
            $($(#[$doc])* $name,)*
        }

        impl Code {
            /// The number on the wire.
            pub(crate) const fn number(self) -> u32 {
                match self { $(Self::$name => $number,)* }
            }

            /// The fixed words on the wire; the particular ones go into `data`.
            pub(crate) const fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            #[cfg(test)]
            pub(crate) const ALL: &'static [Self] = &[$(Self::$name,)*];
        }
    };
}

codes! {
    /// A required parameter is absent.
    ParameterMissing = 10000, "parameter missing";
    /// The caller may not do this.
    AccessDenied = 10001, "access denied";
    /// The store cannot answer now.
    DataAccess = 10002, "data access error";
    /// A parameter cannot be read or breaks a rule.
    ParameterInvalid = 20002, "parameter validate error";
    /// What was asked for does not exist.
    ResourceNotFound = 20004, "resource not found";
    /// Somebody else changed it meanwhile, or it is being changed.
    ResourceConflict = 20005, "resource conflict";
    /// More gray versions of one item than allowed.
    GrayTooMany = 20010, "config gray version version over max count";
    /// The gray rule cannot be read.
    GrayRuleInvalid = 20011, "config gray rule format invalid";
    /// The group reached its quota.
    GroupQuota = 5032, "group capacity reach quota";
    /// The namespace reached its quota.
    TenantQuota = 5033, "tenant capacity reach quota";
    /// The content is larger than allowed.
    TooLarge = 5034, "config content size is over limit";
    /// The weight is outside 0..=10000.
    Weight = 21001, "weight error";
    /// The metadata cannot be read or is too large.
    InstanceMetadata = 21002, "instance metadata error";
    /// No such instance.
    InstanceNotFound = 21003, "instance not found";
    /// The instance breaks a rule.
    Instance = 21004, "instance error";
    /// The selector cannot be read.
    Selector = 21006, "selector error";
    /// The service exists already.
    ServiceExists = 21007, "service already exist";
    /// No such service.
    ServiceNotFound = 21008, "service not exist";
    /// The service still has instances.
    ServiceNotEmpty = 21009, "service delete failure";
    /// The instance is checked by the server, so its health cannot be set.
    HealthCheckRunning = 21011, "health check still running";
    /// The namespace id or name breaks a rule.
    NamespaceInvalid = 22000, "illegal namespace";
    /// No such namespace.
    NamespaceNotFound = 22001, "namespace not exist";
    /// The namespace exists already.
    NamespaceExists = 22002, "namespace already exist";
    /// A state was named that does not exist.
    IllegalState = 23000, "illegal state";
    /// The server failed.
    Server = 30000, "server error";
    /// Seawall does not offer this operation.
    Disabled = 40001, "API function disabled.";
    /// The metadata file of an import cannot be used.
    ImportMetadata = 100_002, "Imported metadata is invalid";
    /// The uploaded file is not a zip that can be read.
    ImportUnreadable = 100_004, "Failed to parse data";
    /// The uploaded file holds nothing.
    ImportEmpty = 100_005, "Imported file data is empty";
    /// Nothing was chosen.
    NothingSelected = 100_006, "No configuration selected";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_number_is_given_once() {
        let numbers: BTreeSet<_> = Code::ALL.iter().map(|code| code.number()).collect();
        assert_eq!(numbers.len(), Code::ALL.len());
    }
}

//! Declarative objects: kind, tenant, name, spec, status, with validation, versions and watch.

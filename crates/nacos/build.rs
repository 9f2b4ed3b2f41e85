//! Compiles the protocol without a protoc.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let proto = "proto/nacos.proto";
    println!("cargo::rerun-if-changed={proto}");
    tonic_prost_build::configure()
        // The server reads and writes frames itself; the client is for tests.
        .build_server(false)
        .client_mod_attribute(".", "#[cfg(test)]")
        // Bodies share the memory of the message they came in.
        .bytes(".")
        .extern_path(".google.protobuf.Any", "crate::grpc::payload::Any")
        .compile_fds(protox::compile([proto], ["proto"])?)?;
    Ok(())
}

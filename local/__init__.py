"""What this machine needs to try the project: a toolchain, a local AWS, a stand-in for Pulumi's AWS plugin."""

"""What it takes to try the project on this machine: a toolchain, a local AWS, a stand-in AWS plugin."""

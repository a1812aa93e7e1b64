"""What can be seen without an experiment: of the data, of the network layer by layer, of its answers."""

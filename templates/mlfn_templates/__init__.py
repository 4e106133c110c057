"""Templates: a graph and its images become infrastructure code; no IO."""

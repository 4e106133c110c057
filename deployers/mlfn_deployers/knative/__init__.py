"""Services in a cluster with Knative, through kubectl."""

"""Who may call a model, by what is deployed, against who did, by the trail."""

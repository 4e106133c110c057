"""The front door of an app's pipelines: validates, starts executions, records."""

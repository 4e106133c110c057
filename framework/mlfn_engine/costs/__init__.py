"""What an app costs a month, by list prices and the traffic of its audit trail."""

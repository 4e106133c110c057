"""AppGraph and images to CloudFormation: plain templates that a person can review."""

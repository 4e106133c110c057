"""Endpoints that speak LocalStack's protocol: the AWS deployer, told what such an endpoint lacks."""

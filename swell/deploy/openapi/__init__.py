"""The HTTP surface as OpenAPI 3.1, generated from the models that read requests and the routes of topology.yaml."""

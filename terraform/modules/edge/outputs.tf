output "addresses" {
  description = "Addresses for the DNS records of the domains: A and AAAA."
  value       = { for version, address in google_compute_global_address.this : version => address.address }
}

output "backends" {
  description = "Names of the backend services, which the metrics of the load balancer carry."
  value       = { for name, backend in google_compute_backend_service.this : name => backend.name }
}

output "policy" {
  description = "Name of the Cloud Armor policy."
  value       = google_compute_security_policy.this.name
}

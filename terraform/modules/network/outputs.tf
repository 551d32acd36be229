output "network" {
  description = "Resource name of the network."
  value       = google_compute_network.this.id
}

output "subnetworks" {
  description = "Resource name of each region's subnetwork."
  value       = { for region, subnetwork in google_compute_subnetwork.this : region => subnetwork.id }
}

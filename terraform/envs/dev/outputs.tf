output "addresses" {
  description = "Addresses for the DNS records of the domains."
  value       = module.deployment.addresses
}

output "urls" {
  description = "Root address of each service."
  value       = module.deployment.urls
}

output "backups" {
  description = "PLACE of `swell backup create`."
  value       = module.deployment.backups
}

output "delivery" {
  description = "The account that delivery runs as."
  value       = module.deployment.delivery
}

output "environment" {
  description = "Environment of each service, without secrets."
  value       = module.deployment.environment
}

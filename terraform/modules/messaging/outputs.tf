output "topics" {
  description = "Resource names of the topics."
  value       = { for name, topic in google_pubsub_topic.this : name => topic.id }
}

output "subscriptions" {
  description = "Names of the subscriptions."
  value       = sort(keys(google_pubsub_subscription.push))
}

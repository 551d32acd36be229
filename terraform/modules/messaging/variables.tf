variable "project_id" {
  description = "Google Cloud project."
  type        = string
}

variable "pubsub_agent" {
  description = "IAM member of the project's Pub/Sub service agent, which moves dead letters."
  type        = string
  validation {
    condition     = can(regex("^serviceAccount:service-[0-9]+@gcp-sa-pubsub[.]iam[.]gserviceaccount[.]com$", var.pubsub_agent))
    error_message = "pubsub_agent: serviceAccount:service-<project number>@gcp-sa-pubsub.iam.gserviceaccount.com."
  }
}

variable "push_account" {
  description = "The service account that subscriptions push with: its e-mail and its resource name."
  type        = object({ email = string, name = string })
}

variable "storage_regions" {
  description = "Regions in which messages may be stored; empty for wherever they are published."
  type        = set(string)
  default     = []
}

variable "topics" {
  description = "Topics of topology.yaml: retention by name."
  type        = map(object({ retention_s = number }))
  validation {
    condition     = alltrue([for topic in var.topics : topic.retention_s >= 600 && topic.retention_s <= 2678400])
    error_message = "topics.*.retention_s: 600 to 2678400, which is 31 days."
  }
}

variable "subscriptions" {
  description = "Push subscriptions by the name they have in the cloud: <function>.<topic>, and .<region> behind it where the function is regional."
  type = map(object({
    topic                 = string
    endpoint              = string
    ordered               = bool
    ack_deadline_s        = number
    function_timeout_s    = number
    min_backoff_s         = number
    max_backoff_s         = number
    max_delivery_attempts = number
    dead_letter_topic     = string
    retention_s           = number
  }))
  validation {
    condition     = alltrue([for each in var.subscriptions : contains(keys(var.topics), each.topic) && contains(keys(var.topics), each.dead_letter_topic)])
    error_message = "subscriptions: topic and dead_letter_topic are keys of topics."
  }
  validation {
    condition     = alltrue([for each in var.subscriptions : each.dead_letter_topic != each.topic])
    error_message = "subscriptions: what cannot be handled would come again for ever, where dead letters go to the topic they come from."
  }
  validation {
    condition     = alltrue([for each in var.subscriptions : each.function_timeout_s < each.ack_deadline_s && each.ack_deadline_s <= 600])
    error_message = "subscriptions: a function's timeout is less than its ack deadline, or a slow delivery runs twice at once; Pub/Sub takes 600 s at most."
  }
  validation {
    condition     = alltrue([for each in var.subscriptions : each.min_backoff_s <= each.max_backoff_s && each.max_backoff_s <= 600])
    error_message = "subscriptions: min_backoff_s <= max_backoff_s <= 600."
  }
  validation {
    condition     = alltrue([for each in var.subscriptions : each.max_delivery_attempts >= 5 && each.max_delivery_attempts <= 100])
    error_message = "subscriptions: max_delivery_attempts is 5 to 100."
  }
}

variable "publishers" {
  description = "Who may publish what: topic and IAM member, by a name that is known when planning."
  type        = map(object({ topic = string, member = string }))
  validation {
    condition     = alltrue([for each in var.publishers : contains(keys(var.topics), each.topic)])
    error_message = "publishers.*.topic: a key of topics."
  }
}

variable "labels" {
  description = "Labels of topics and subscriptions."
  type        = map(string)
  default     = {}
}

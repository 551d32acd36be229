variable "project_id" {
  description = "Google Cloud project."
  type        = string
}

variable "name" {
  description = "Name of the function in topology.yaml; its entry point has the same."
  type        = string
  validation {
    condition     = can(regex("^[a-z][a-z0-9]*(_[a-z0-9]+)*$", var.name))
    error_message = "A function is named as a Python identifier: lower case, digits, single underscores."
  }
}

variable "service_name" {
  description = "Name of the Cloud Run service."
  type        = string
  validation {
    condition     = can(regex("^[a-z]([a-z0-9-]{0,47}[a-z0-9])?$", var.service_name))
    error_message = "Cloud Run takes at most 49 lower-case letters, digits and hyphens."
  }
}

variable "region" {
  description = "Region of the service."
  type        = string
}

variable "description" {
  description = "What the function does, in one line."
  type        = string
}

variable "image" {
  description = "Container image by digest. build_config of the service's resource builds nothing (hashicorp/terraform-provider-google#22263), so the image is there before the service."
  type        = string
  validation {
    condition     = can(regex("@sha256:[0-9a-f]{64}$", var.image))
    error_message = "An image is named by digest (…@sha256:…): a tag can come to mean something else."
  }
}

variable "trigger" {
  description = "What starts it: http or event."
  type        = string
  validation {
    condition     = contains(["http", "event"], var.trigger)
    error_message = "trigger: http or event."
  }
}

variable "is_server" {
  description = "Whether main.py is a server of its own, started by its Procfile, instead of a function of functions-framework."
  type        = bool
}

variable "port" {
  description = "Port that the container listens on, and its protocol for Cloud Run: http1, or h2c for gRPC."
  type        = object({ number = number, protocol = string })
  default     = { number = 8080, protocol = "http1" }
  validation {
    condition     = contains(["http1", "h2c"], var.port.protocol)
    error_message = "port.protocol: http1 or h2c."
  }
}

variable "health_path" {
  description = "Path that says that the process lives; null where only the port can be looked at."
  type        = string
  default     = null
  validation {
    condition     = var.health_path == null || can(regex("^/.*[^z]$", var.health_path))
    error_message = "Cloud Run keeps paths that end with z for itself (cloud.google.com/run/docs/known-issues#reserved_url_paths)."
  }
}

variable "environment" {
  description = "Environment variables."
  type        = map(string)
  validation {
    condition     = alltrue([for name, value in var.environment : can(regex("^[A-Z][A-Z0-9_]*$", name)) && length(value) <= 32768])
    error_message = "environment: upper-case names, values of 32 KB at most."
  }
}

variable "secret_environment" {
  description = "Environment variables whose values are secrets: name of the secret in Secret Manager, by variable."
  type        = map(string)
  default     = {}
}

variable "service_account" {
  description = "E-mail of the service account that it runs as."
  type        = string
  validation {
    condition     = can(regex("^[^@]+@[^@]+[.]iam[.]gserviceaccount[.]com$", var.service_account))
    error_message = "service_account: a service account's e-mail."
  }
}

variable "cpu" {
  description = "vCPUs of one instance."
  type        = number
  validation {
    condition     = contains([0.5, 1, 2, 4, 6, 8], var.cpu)
    error_message = "cpu: 0.5, 1, 2, 4, 6 or 8."
  }
}

variable "memory_mb" {
  description = "Memory of one instance, in MiB; files in /tmp count."
  type        = number
  validation {
    condition     = var.memory_mb >= 512 && var.memory_mb <= 32768
    error_message = "memory_mb: 512 to 32768 (the second generation of Cloud Run takes no less)."
  }
}

variable "concurrency" {
  description = "Requests that one instance serves at the same time."
  type        = number
  validation {
    condition     = var.concurrency >= 1 && var.concurrency <= 1000
    error_message = "concurrency: 1 to 1000."
  }
}

variable "timeout_s" {
  description = "How long one request may take, in seconds."
  type        = number
  validation {
    condition     = var.timeout_s >= 1 && var.timeout_s <= 3600
    error_message = "timeout_s: 1 to 3600."
  }
}

variable "instances" {
  description = "Fewest instances, when the service is made, and most. Later the fewest are the scaling function's to set."
  type        = object({ min = number, max = number })
  validation {
    condition     = var.instances.min >= 0 && var.instances.max >= max(1, var.instances.min)
    error_message = "instances: 0 <= min <= max, and max at least 1."
  }
}

variable "exposure" {
  description = "Who can reach it: load_balancer or direct, where it checks its callers itself; internal, for what comes from inside the project and is one of `invokers`."
  type        = string
  validation {
    condition     = contains(["load_balancer", "direct", "internal"], var.exposure)
    error_message = "exposure: load_balancer, direct or internal."
  }
}

variable "invokers" {
  description = "IAM members that may call it where it is internal, by a name that is known when planning."
  type        = map(string)
  default     = {}
}

variable "grants" {
  description = "Further roles on this service: IAM member and role, by a name that is known when planning."
  type        = map(object({ member = string, role = string }))
  default     = {}
}

variable "network" {
  description = "Network and subnetwork that its requests leave through; null for the public one."
  type        = object({ network = string, subnetwork = string })
  default     = null
}

variable "cache_disk_gb" {
  description = "Size of an ephemeral disk for copies of segments, in GiB; 0 keeps them in memory. The disk is a preview of Cloud Run."
  type        = number
  default     = 0
  validation {
    condition     = var.cache_disk_gb == 0 || var.cache_disk_gb >= 10
    error_message = "cache_disk_gb: 0, or at least 10."
  }
}

variable "cache_dir" {
  description = "Where that disk is mounted."
  type        = string
  default     = "/var/cache/swell"
  validation {
    condition     = startswith(var.cache_dir, "/")
    error_message = "cache_dir: an absolute path."
  }
}

variable "deletion_protection" {
  description = "Whether Terraform refuses to delete the service."
  type        = bool
  default     = true
}

variable "labels" {
  description = "Labels of the service."
  type        = map(string)
  default     = {}
}

variable "project_id" {
  description = "Google Cloud project."
  type        = string
}

variable "domains" {
  description = "Names that the API answers at; the certificate is for these and canary.<first>. Their DNS points here before it is issued."
  type        = list(string)
  validation {
    condition     = length(var.domains) >= 1 && alltrue([for each in var.domains : can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?[.])+[a-z]{2,}$", each))])
    error_message = "domains: at least one, lower case, no trailing full stop."
  }
}

variable "backends" {
  description = "What requests are sent to: the Cloud Run service, its regions, whether a CDN may keep its answers, whether it takes gRPC, and the tag of a revision for a backend that is not all traffic."
  type = map(object({
    service   = string
    regions   = list(string)
    is_cached = bool
    is_grpc   = optional(bool, false)
    tag       = optional(string)
  }))
  validation {
    condition     = alltrue([for each in var.backends : length(each.regions) >= 1 && length(distinct(each.regions)) == length(each.regions)])
    error_message = "backends.*.regions: at least one, each once."
  }
}

variable "routes" {
  description = "Which requests go where: method, or null for any; path with {names} for single segments, or a * at its end for all that begins so; backend."
  type        = list(object({ method = optional(string), path = string, backend = string }))
  validation {
    condition     = alltrue([for each in var.routes : contains(keys(var.backends), each.backend)])
    error_message = "routes.*.backend: a key of backends."
  }
  validation {
    condition     = length(var.routes) <= 190
    error_message = "routes: a path matcher takes 200 rules."
  }
}

variable "default_backend" {
  description = "Where what matches no route goes, to be answered with 404."
  type        = string
  validation {
    condition     = contains(keys(var.backends), var.default_backend)
    error_message = "default_backend: a key of backends."
  }
}

variable "canary_backend" {
  description = "Where requests to canary.<first domain> go: revisions with the canary's tag."
  type        = string
  validation {
    condition     = contains(keys(var.backends), var.canary_backend)
    error_message = "canary_backend: a key of backends."
  }
}

variable "outliers" {
  description = "When a region gets nothing for a while: server errors in a row, seconds between looks, seconds out at first (180: with fewer, Google saw more errors pass), share of regions that may be out at once in percent."
  type        = object({ errors_in_a_row = number, interval_s = number, out_s = number, most_percent = number })
  default     = { errors_in_a_row = 5, interval_s = 5, out_s = 180, most_percent = 50 }
  validation {
    condition     = var.outliers.errors_in_a_row >= 1 && var.outliers.interval_s >= 1 && var.outliers.out_s >= 1 && var.outliers.most_percent >= 1 && var.outliers.most_percent <= 100
    error_message = "outliers: all at least 1, most_percent 100 at most."
  }
}

variable "requests_per_min_per_address" {
  description = "Requests a minute from one address above which the rest is refused with 429, and at four times of which the address is banned for five minutes. Rates of keys are the functions' own."
  type        = number
  default     = 12000
  validation {
    condition     = var.requests_per_min_per_address >= 60
    error_message = "requests_per_min_per_address: at least 60."
  }
}

variable "waf_enforced" {
  description = "Sets of preconfigured rules that refuse requests."
  type        = list(string)
  default     = ["scannerdetection-v33-stable", "protocolattack-v33-stable", "lfi-v33-stable", "rfi-v33-stable", "rce-v33-stable", "cve-canary"]
  validation {
    condition     = contains(var.waf_enforced, "cve-canary")
    error_message = "waf_enforced: leave cve-canary in: it is the rule against Log4Shell and what follows it."
  }
}

variable "waf_watched" {
  description = "Sets of preconfigured rules that only log: attributes are texts of users, which may well read like SQL or HTML."
  type        = list(string)
  default     = ["sqli-v33-stable", "xss-v33-stable"]
  validation {
    condition     = length(setintersection(var.waf_watched, var.waf_enforced)) == 0
    error_message = "waf_watched: none that is enforced."
  }
}

variable "operator_ranges" {
  description = "Addresses from which operators' routes may be asked; empty: from anywhere, with a key."
  type        = list(string)
  default     = []
  validation {
    condition     = length(var.operator_ranges) <= 4 && alltrue([for each in var.operator_ranges : can(cidrhost(each, 0))])
    error_message = "operator_ranges: at most 4 CIDR ranges: a rule of Cloud Armor has five parts."
  }
}

variable "operator_paths" {
  description = "Beginnings of operators' paths (/v1/budget)."
  type        = list(string)
  validation {
    condition     = alltrue([for each in var.operator_paths : can(regex("^/v1/[a-z-]+$", each))])
    error_message = "operator_paths: /v1/<name>."
  }
}

variable "log_share" {
  description = "Share of requests that the load balancer logs."
  type        = number
  default     = 0.01
  validation {
    condition     = var.log_share >= 0 && var.log_share <= 1
    error_message = "log_share: 0 to 1."
  }
}

variable "labels" {
  description = "Labels of addresses and forwarding rules."
  type        = map(string)
  default     = {}
}

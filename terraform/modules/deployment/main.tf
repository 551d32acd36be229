# A whole deployment: what topology.yaml says, in one project.

locals {
  labels = merge(var.labels, { application = "swell" })
  apis = [
    "artifactregistry", "billingbudgets", "cloudbuild", "cloudscheduler", "cloudtrace", "compute", "firestore", "iam",
    "logging", "monitoring", "ondemandscanning", "pubsub", "redis", "run", "secretmanager", "storage", "workflowexecutions", "workflows",
  ]
}

resource "google_project_service" "api" {
  for_each = toset(local.apis)

  project            = var.project_id
  service            = "${each.value}.googleapis.com"
  disable_on_destroy = false
}

# Who read a secret is written down.
resource "google_project_iam_audit_config" "secrets" {
  project = var.project_id
  service = "secretmanager.googleapis.com"
  audit_log_config {
    log_type = "DATA_READ"
  }
}

module "identities" {
  source = "../identities"

  project_id = var.project_id
  functions = { for name, function in local.functions : name => {
    description = function.description
    trigger     = function.trigger
    state       = local.facts[name].state
    may         = local.facts[name].may
  } }
  operators      = local.operators
  exports_traces = var.trace_exporter == "gcp"

  depends_on = [google_project_service.api]
}

module "state" {
  source = "../state"

  project_id          = var.project_id
  location            = var.state_location
  deletion_protection = !var.is_disposable

  depends_on = [google_project_service.api]
}

module "buckets" {
  source = "../buckets"

  project_id       = var.project_id
  names            = local.buckets
  backups          = { name = "${var.project_id}-swell-backups", location = var.backup_location }
  sources          = { name = "${var.project_id}-swell-sources", location = local.home }
  readers          = { for name, facts in local.facts : name => module.identities.functions[name].member if facts.objects == "reads" }
  writers          = { for name, facts in local.facts : name => module.identities.functions[name].member if facts.objects == "writes" }
  builders         = { delivery = module.identities.delivery.member }
  transfer_buckets = var.transfer_buckets
  transfer_members = { for name in ["ingest", "transfer"] : name => module.identities.functions[name].member }
  is_disposable    = var.is_disposable
  labels           = local.labels
}

module "registry" {
  source = "../registry"

  project_id = var.project_id
  location   = local.home
  writers    = { delivery = module.identities.delivery.member }
  readers    = { for name, facts in local.facts : name => module.identities.functions[name].member if contains(facts.may, "resize_query") }
  labels     = local.labels

  depends_on = [google_project_service.api]
}

module "network" {
  source = "../network"
  count  = var.egress_through_vpc ? 1 : 0

  project_id = var.project_id
  regions    = { for number, region in local.in_order : region => number if contains(local.regions, region) }

  depends_on = [google_project_service.api]
}

module "cache" {
  source = "../cache"
  count  = length(var.cache_regions) > 0 ? 1 : 0

  project_id = var.project_id
  regions    = var.cache_regions
  network    = one(module.network[*].network)
  memory_gb  = var.cache_memory_gb
  readers    = { for name, facts in local.facts : name => module.identities.functions[name].member if lookup(facts, "shared_cache", false) }
  labels     = local.labels
}

# Filled by hand: `swell keys create` prints a key once, and Terraform is no place for it.
resource "google_secret_manager_secret" "warming_key" {
  project   = var.project_id
  secret_id = "swell-warming-key"
  labels    = local.labels
  replication {
    auto {}
  }
  depends_on = [google_project_service.api]
}

resource "google_secret_manager_secret_iam_member" "warming_key" {
  project   = var.project_id
  secret_id = google_secret_manager_secret.warming_key.secret_id
  role      = "roles/secretmanager.secretAccessor"
  member    = module.identities.functions["region_sync"].member
}

module "function" {
  source   = "../function"
  for_each = local.deployed

  project_id         = var.project_id
  name               = each.value.function
  service_name       = each.value.service
  region             = each.value.region
  description        = local.functions[each.value.function].description
  image              = var.image
  trigger            = local.functions[each.value.function].trigger
  is_server          = local.functions[each.value.function].interface == "server"
  port               = each.value.port
  health_path        = local.functions[each.value.function].trigger == "http" && !each.value.is_grpc ? local.topology.health_paths[0] : null
  environment        = local.environment[each.key]
  secret_environment = local.secret_environment[each.key]
  service_account    = module.identities.functions[each.value.function].email
  cpu                = local.functions[each.value.function].cpu
  memory_mb          = local.functions[each.value.function].memory_mb
  concurrency        = local.functions[each.value.function].concurrency
  timeout_s          = local.functions[each.value.function].timeout_s
  instances          = local.instances[each.key]
  exposure = (
    local.functions[each.value.function].trigger == "event" ? "internal" :
    length(var.domains) > 0 ? "load_balancer" : "direct"
  )
  invokers = { push = module.identities.push.member }
  grants = each.value.service != "query" ? {} : merge([
    for name, facts in local.facts : {
      for ability in facts.may : "${name}/${ability}" => {
        member = module.identities.functions[name].member
        role   = module.identities.abilities[ability]
      } if contains(["resize_query", "see_query"], ability)
    }
  ]...)
  network = var.egress_through_vpc ? {
    network    = module.network[0].network
    subnetwork = module.network[0].subnetworks[each.value.region]
  } : null
  cache_disk_gb       = lookup(local.facts[each.value.function], "cache", false) ? var.cache_disk_gb : 0
  cache_dir           = local.cache_dir
  deletion_protection = !var.is_disposable
  labels              = merge(local.labels, { function = each.value.function })

  depends_on = [google_secret_manager_secret_iam_member.warming_key] # a revision that may not read its secret is refused
}

module "messaging" {
  source = "../messaging"

  project_id    = var.project_id
  pubsub_agent  = "serviceAccount:service-${var.project_number}@gcp-sa-pubsub.iam.gserviceaccount.com"
  push_account  = { email = module.identities.push.email, name = module.identities.push.name }
  topics        = { for name, topic in local.topology.topics : name => { retention_s = topic.retention_s } }
  subscriptions = var.deploys_functions ? local.subscriptions : {}
  publishers    = { for each in local.publisher_list : each.key => { topic = each.topic, member = each.member } }
  labels        = local.labels

  depends_on = [module.function] # nothing is pushed to what is not there
}

module "schedules" {
  source = "../schedules"

  project_id = var.project_id
  region     = local.home
  schedules = var.deploys_functions ? { for name, each in local.topology.schedules : name => {
    cron      = each.cron
    time_zone = each.time_zone
    topic     = each.topic
    event     = each.event
    body      = jsonencode(each.body)
  } } : {}
  topics    = module.messaging.topics
  is_paused = var.is_paused
}

module "workflows" {
  source = "../workflows"

  project_id = var.project_id
  region     = local.home
  sources    = { for path in fileset("${local.root}/workflows", "*.workflows.yaml") : trimsuffix(path, ".workflows.yaml") => file("${local.root}/workflows/${path}") }
  environment = {
    SWELL_COORDINATION_URL = local.url["coordination/${local.home}"]
    SWELL_CONTROL_URL      = local.url["control/${local.home}"]
  }
  service_account     = module.identities.operators["workflows"].name
  deletion_protection = !var.is_disposable
  labels              = local.labels
}

locals {
  # Functions that clients reach, as the load balancer has them: answers that may be kept have a backend of their own,
  # and so have revisions that are tried out.
  cached_routes = ["/v1/collections/{collection}/records/{id}/neighbors", "/openapi.json", "/docs"]
  public        = { for key, each in local.deployed : key => each if local.functions[each.function].trigger == "http" }
  backends = length(local.public) == 0 ? {} : merge(
    { for service in distinct([for each in values(local.public) : each.service]) : service => {
      service   = service
      regions   = sort([for each in values(local.public) : each.region if each.service == service])
      is_cached = false
      is_grpc   = endswith(service, "-grpc")
      tag       = null
    } },
    {
      query-cached = { service = "query", regions = sort(local.regions), is_cached = true, is_grpc = false, tag = null }
      query-canary = { service = "query", regions = sort(local.regions), is_cached = false, is_grpc = false, tag = var.candidate_tag }
    },
  )
  routes = concat(
    flatten([for name, function in local.functions : [
      for route in lookup(function, "routes", []) : {
        method  = route.method
        path    = route.path
        backend = contains(local.cached_routes, route.path) ? "${name}-cached" : replace(name, "_", "-")
      }
    ]]),
    [for name, facts in local.facts : { method = null, path = facts.grpc.path, backend = "${name}-grpc" } if lookup(facts, "grpc", null) != null],
  )
}

module "edge" {
  source = "../edge"
  count  = length(var.domains) > 0 && var.deploys_functions ? 1 : 0

  project_id                   = var.project_id
  domains                      = var.domains
  backends                     = local.backends
  routes                       = local.routes
  default_backend              = "query"
  canary_backend               = "query-canary"
  operator_ranges              = var.operator_ranges
  operator_paths               = local.operator_paths
  requests_per_min_per_address = var.requests_per_min_per_address
  labels                       = local.labels

  depends_on = [module.function]
}

module "observability" {
  source = "../observability"

  project_id  = var.project_id
  log_metrics = local.watch.log_metrics
  slos        = local.watch.slos
  alerts      = local.watch.alerts
  backends    = length(module.edge) == 0 ? {} : module.edge[0].backends
  emails      = var.emails
  runbook_url = var.runbook_url
  labels      = local.labels

  depends_on = [google_project_service.api]
}

module "budget" {
  source = "../budget"
  count  = var.billing_account == null ? 0 : 1

  project_id      = var.project_id
  project_number  = var.project_number
  billing_account = var.billing_account
  month_usd       = var.month_usd
  channels        = module.observability.channels
  topic           = module.messaging.topics["billing-notices"]

  depends_on = [google_project_service.api]
}

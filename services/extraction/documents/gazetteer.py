"""Names whose kind is known: common first names, countries and cities, tools and languages. All in small letters."""

_FIRST_NAMES = """
ada adam adrian agnes ahmed aisha alan albert alejandro alex alexander alfred ali alice alina amina amir amy ana andre
andrea andrew angela anita anna anne antonio arjun arthur asha astrid barbara beatrice ben benjamin bernard bianca
björn bob boris brian bruno camille carl carla carlos carmen caroline catherine cecilia charles charlotte chen chiara
chloe chris christian christina christine claire clara claudia cleo daniel daniela david deborah diana diego dmitri
dominik donald doris dorothy eduardo edward elena elif elisabeth elizabeth ella emil emily emma enrique erik erika
ethan eva fatima felix fernando finn fiona francesca frank franz fred gabriel george gerald giulia grace greta guido
gustav hannah hans harald harry hassan heidi helen helena henrik henry hiroshi hugo ian ibrahim ida igor ines ingrid
irene isaac isabel isabella ivan jack jacob james jan jane jasmine jean jennifer jessica jim joan joanna joao johan
johann john johanna jonas jonathan jorge jose joseph joshua juan judith julia julian juliet julius jun karen karim
karin karl kate katharina kenji kevin khalid kim klaus kofi kurt kwame lars laura lea leila lena leo leon leonardo li
liam lina linda linus lisa lucas lucia luis luca lukas maja marco marcus margaret maria marie marina mario mark marta
martha martin mary mateo matteo matthew max maya mei mehmet mia michael michelle miguel mikael mira miriam mohamed
mohammed monica muhammad nadia nancy naomi natalia nathan nia nicolas nicole nikolai nina noah nora oleg olga oliver
olivia omar oscar otto pablo patricia patrick paul paula pedro peter philip philipp pierre priya rachel rahul raj
rania raphael rebecca ricardo richard robert roberto robin rohan rosa rose ruth samantha samir samuel sandra sanjay
sara sarah sebastian sergei sergio sharon simon sofia sophia sophie stefan stephanie stephen steven sunita susan sven
tanja tariq theo theresa thomas tim timothy tina tobias tom tomas ursula valentina vera victor victoria viktor vincent
vladimir walter wei william yara yasmin yuki yusuf zara zoe
"""
_PLACES = """
africa america antarctica asia australia europe earth argentina austria bangladesh belgium brazil bulgaria canada
chile china colombia croatia cuba cyprus denmark egypt england estonia ethiopia finland france germany ghana greece
hungary iceland india indonesia iran iraq ireland israel italy japan jordan kenya latvia lebanon lithuania luxembourg
malaysia malta mexico morocco nepal netherlands nigeria norway pakistan peru philippines poland portugal romania
russia scotland serbia singapore slovakia slovenia spain sweden switzerland syria taiwan tanzania thailand tunisia
turkey uganda ukraine vietnam wales amsterdam ankara athens atlanta auckland baghdad baltimore bangalore bangkok
barcelona basel beijing beirut belgrade berlin bern bogota boston bristol brussels bucharest budapest cairo calgary
chennai chicago cologne copenhagen dakar dallas delhi denver detroit dhaka dresden dubai dublin edinburgh frankfurt
geneva glasgow gothenburg hamburg hanoi helsinki houston istanbul jakarta johannesburg karachi kyoto lagos leeds
leipzig lima lisbon liverpool london lyon madrid manchester manila marseille melbourne miami milan minneapolis
montreal moscow mumbai munich nairobi naples osaka oslo ottawa paris philadelphia phoenix porto prague pune reykjavik
riga rome rotterdam salzburg santiago seattle seoul shanghai sofia stockholm stuttgart sydney tallinn tehran tokyo
toronto turin utrecht vancouver venice vienna vilnius warsaw washington wellington zagreb zurich alberta bavaria
california catalonia florida quebec queensland saxony siberia texas tuscany virginia
"""
_TECHNOLOGIES = """
airflow android angular ansible apache arrow aws azure bash bazel bigquery c++ caddy cassandra celery chrome chromium
clang cmake cobol consul css cuda dart dbt debian django docker elasticsearch elixir erlang eslint excel express
fastapi fedora firefox flask flink fluentd flutter fortran ftp gcc gcp git github gitlab go golang grafana grafana
gradle graphql grpc hadoop haproxy haskell helm heroku hive html http https ios java javascript jenkins jira json
julia jupyter jwt k8s kafka keycloak kibana kotlin kubernetes lambda latex linux llvm lua macos make mariadb markdown
matlab maven memcached mongodb mqtt mypy mysql neo4j netlify nextjs nginx nodejs npm numpy oauth openapi opentelemetry
oracle pandas parquet perl php pip podman postgres postgresql powershell prometheus protobuf pulsar puppet pydantic
pytest python pytorch qdrant rabbitmq rails react redis redux rest ruby ruff rust s3 safari saml scala scikit-learn
selenium sentry slack snowflake solr spark splunk spring sql sqlalchemy sqlite ssh svelte swift systemd tableau
tailwind tcp tensorflow terraform tls tomcat typescript ubuntu udp unix uvicorn vault vim visual-studio vite vue wasm
webassembly webpack websocket windows xml yaml zookeeper nats jetstream pgvector slurm emacs zsh
"""
_NO_NAMES = """
monday tuesday wednesday thursday friday saturday sunday mondays tuesdays wednesdays thursdays fridays saturdays
sundays january february march april may june july august september october november december christmas easter
todo fixme note warning utc gmt i kib mib gib none true false
"""
_ALSO_WORDS = "go make rest spring express excel react helm spark git pulse vault slack mark max grace will may"
_TITLES = "mr mrs ms dr prof sir professor president captain judge ceo cto cfo coo"

FIRST_NAMES = frozenset(_FIRST_NAMES.split())
PLACES = frozenset(_PLACES.split())
TECHNOLOGIES = frozenset(_TECHNOLOGIES.split())
NO_NAMES = frozenset(_NO_NAMES.split())
"""What is written with a capital and names nothing that one would look up."""
ALSO_WORDS = frozenset(_ALSO_WORDS.split())
"""Names that may as well begin a sentence as the word that they are."""
TITLES = frozenset(_TITLES.split())

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("vehicles", "0009_charging")]
    operations = []
